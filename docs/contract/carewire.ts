/**
 * Carewire's wire as types. Generated from the declarations by `carewire contract`; edits are lost.
 *
 *   const token = await call("queue.join", { session_id });
 *
 * `call` is yours, over any JSON-RPC 2.0 client: declare it `const call: Call = (method, params) => ...`.
 */

/** May the same call succeed? `same`: unchanged, with its key. */
export type Retry = "never" | "same" | { after_ms: number };

/** The JSON-RPC error object of a refusal. */
export interface Refusal<R extends Reason = Reason> {
  code: number;
  message: string;
  data: { reason: R; retry: Retry; fields?: { path: string; problem: string }[]; [fact: string]: unknown };
}

/** What every event carries around its data. A durable one has an `offset`, a conflated one a `version`. */
export interface Told<D, T extends string = string> {
  topic: T;
  offset?: number;
  version?: number;
  at: string;
  data: D;
}

/** Where a listener starts: a snapshot, or the events it missed. */
export type Start<K extends keyof Topics> = {
  epoch: string;
  offset: number;
  snapshot?: Topics[K]["snapshot"];
  events?: { [N in keyof Topics[K]["events"]]: MissedEvent<N, Topics[K]["events"][N]> }[keyof Topics[K]["events"]][];
  resync?: boolean;
};

export interface MissedEvent<N, D> {
  name: N;
  offset: number;
  at: string;
  data: D;
}

/** One typed function for all commands. */
export type Call = <K extends keyof Commands>(
  method: K,
  ...params: {} extends Commands[K]["params"] ? [params?: Commands[K]["params"]] : [params: Commands[K]["params"]]
) => Promise<Commands[K]["result"]>;

/** Why a call was refused. */
export type Reason = "parse_error" | "internal" | "invalid_params" | "method_not_found" | "invalid_request" | "forged" | "unknown_subprotocol" | "upload_interrupted" | "code_gone" | "handover_code" | "proof_gone" | "token_reused" | "unauthenticated" | "wrong_code" | "wrong_fact" | "wrong_password" | "account_closed" | "chat_read_only" | "fact_due" | "forbidden" | "foreign_origin" | "own_verification" | "terms_due" | "not_found" | "slow_body" | "allergy_check" | "allergy_stands" | "already_asked" | "already_authenticated" | "already_booked" | "already_guardian" | "already_invited" | "already_joined" | "already_listed" | "already_member" | "already_noted" | "already_reviewed" | "already_started" | "already_stocked" | "already_verified" | "already_waiting" | "batch_differs" | "bill_expired" | "birthday_fixed" | "chat_closed" | "code_taken" | "code_wrong" | "conflict" | "consultation_running" | "contact_held" | "currencies" | "dispensed_since" | "doctor_busy" | "email_taken" | "facts_changed" | "facts_missing" | "file_in_use" | "guardianship_lapsed" | "handed_back" | "handover_locked" | "hold_expired" | "hold_over" | "illegal_move" | "in_flight" | "in_the_line" | "job_not_dead" | "key_conflict" | "key_expired" | "last_admin" | "last_guardian" | "last_owner" | "line_needed" | "no_email" | "no_gateway" | "no_laboratory" | "no_number" | "no_password" | "no_remote_join" | "no_report" | "no_sitting" | "no_translator" | "no_video" | "nobody_there" | "not_approved" | "not_collected" | "not_held" | "not_her_hand" | "not_in_hand" | "not_offered" | "not_oneself" | "not_serving" | "not_sold" | "not_this_day" | "not_visited" | "not_waiting" | "nothing_asked" | "nothing_owed" | "nothing_prescribed" | "nothing_to_call" | "nothing_to_undo" | "number_taken" | "of_an_order" | "offered_enough" | "orders_full" | "other_amount" | "other_bill" | "other_item" | "other_price" | "out_of_stock" | "override_used" | "overtaken" | "own_record" | "paid_at_counter" | "papers_stand" | "payment_due" | "payment_mode_refused" | "payment_open" | "phone_taken" | "prescription_needed" | "prescription_not_in_force" | "prescription_spent" | "prescription_stays" | "queue_full" | "record_kept" | "report_stands" | "request_over" | "requests_full" | "restricted" | "review_changed" | "reviewed" | "revisit_used" | "room_busy" | "same_contact" | "schedule_refused" | "secret_wiped" | "session_closed" | "shelf_full" | "slot_taken" | "slot_unavailable" | "sole_owner" | "stale_version" | "substitutes_open" | "summary_full" | "teleconsult_unconfirmed" | "terms_outdated" | "terms_published" | "too_dear" | "too_early" | "too_late" | "too_many_articles" | "too_many_bills" | "too_many_codes" | "too_many_consents" | "too_many_files" | "too_many_holds" | "too_many_patients" | "too_many_pending" | "too_many_records" | "too_many_tests" | "too_many_tokens" | "too_many_waits" | "two_people" | "unknown_specialty" | "unpaid" | "unregistered" | "visit_cancelled" | "window_full" | "body_too_large" | "file_too_large" | "too_large" | "wrong_content" | "wrong_content_type" | "unsafe_file" | "break_glass_spent" | "rate_limited" | "too_many_subscriptions" | "busy" | "outcome_unknown" | "overloaded" | "storage_unavailable" | "unavailable";

/** How the server ends a socket; 4000-4099 come back at once, 4200 and above never. */
export type CloseCode = 4000 | 4002 | 4101 | 4102 | 4103 | 4104 | 4200;

/** Everything that can be called. */
export interface Commands {
  /** What was done and refused, newest first. `privacy` and `super` see everything, each other scope its own area. */
  "activity.list": {
    params: ActivityListParams;
    result: PageOfActivityView;
    refusal: "invalid_params" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /**
   * Ask that another administrator may these things and no others. With none she is no administrator any more.
   *
   * Takes effect when a second one confirms it. For those with `super`.
   */
  "admin.change_scopes": {
    params: AdminChangeScopesParams;
    result: AdminRequest;
    refusal: "not_found" | "two_people" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Let what another administrator asked for come true. Not for what is one's own, or about oneself. */
  "admin.confirm": {
    params: AdminConfirmParams;
    result: Decided;
    refusal: "not_found" | "last_admin" | "request_over" | "two_people" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Say no to a request, or take one's own back. */
  "admin.refuse": {
    params: AdminRefuseParams;
    result: Decided;
    refusal: "not_found" | "request_over" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** What waits for a second administrator, oldest first; at most 200. */
  "admin.requests": {
    params: AdminRequestsParams;
    result: AdminRequest[];
    refusal: "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** What an administrator may; without an id, oneself. Of somebody who is none: not found. */
  "admin.scopes": {
    params: AdminScopesParams;
    result: Scope[];
    refusal: "not_found" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Work at the place that offered it. Only the doctor herself says so. */
  "affiliation.accept": {
    params: AffiliationAcceptParams;
    result: AffiliationView;
    refusal: "not_found" | "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Not work there. */
  "affiliation.decline": {
    params: AffiliationDeclineParams;
    result: AffiliationView;
    refusal: "not_found" | "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** End that a doctor works at a place: she herself, or an owner or manager of it. Her rights there end at once. */
  "affiliation.end": {
    params: AffiliationEndParams;
    result: AffiliationView;
    refusal: "invalid_params" | "not_found" | "illegal_move" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** A doctor's own offers and affiliations; with `place_id` those of a place one heads. Latest first, at most 200. */
  "affiliation.list": {
    params: AffiliationListParams;
    result: AffiliationView[];
    refusal: "invalid_params" | "not_found" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Offer a verified doctor to work at a place of yours. For owners and managers. Nothing opens until she accepts. */
  "affiliation.offer": {
    params: AffiliationOfferParams;
    result: AffiliationView;
    refusal: "invalid_params" | "not_found" | "already_asked" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Book a slot: the one held by `hold_id`, or the one that begins at `starts_at`.
   *
   * It is `requested` where the doctor's side has to confirm, else `booked`. Paid `online` it is kept until `pay_by`; without `payment` it is the first way its terms know. What is held is booked on the terms of when it was held. The doctor's side books for patients of the place, and at the desk for who has no record (`patient`). `complaint` is for the doctor, never for the desk.
   */
  "appointment.book": {
    params: AppointmentBookParams;
    result: Visit;
    refusal: "invalid_params" | "not_found" | "already_booked" | "hold_expired" | "illegal_move" | "not_approved" | "override_used" | "payment_mode_refused" | "revisit_used" | "slot_taken" | "slot_unavailable" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Call it off. What was paid goes back by the steps that were shown before booking; when the doctor's side cancels, all of it. The seat is offered to who waits for it at once. */
  "appointment.cancel": {
    params: AppointmentCancelParams;
    result: Visit;
    refusal: "not_found" | "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** She is there: into the doctor's line of the day with the next number (`token_id`). The desk says so, or her phone with the code on the place's wall. By video there is no line, and her side says so itself. */
  "appointment.check_in": {
    params: AppointmentCheckInParams;
    result: Visit;
    refusal: "invalid_params" | "not_found" | "already_joined" | "code_wrong" | "illegal_move" | "no_sitting" | "not_this_day" | "payment_due" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** The doctor's side says yes. */
  "appointment.confirm": {
    params: AppointmentConfirmParams;
    result: Visit;
    refusal: "not_found" | "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * One appointment, for her side, its doctor, the desk of its place, and administrators (coordinate, support).
   *
   * Why she comes, only her side and who has a right to her records read; each look is written down.
   */
  "appointment.get": {
    params: AppointmentGetParams;
    result: VisitDetail;
    refusal: "not_found" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Let one patient more be booked into a full slot: by its doctor, or an owner or manager of the place. */
  "appointment.grant_override": {
    params: AppointmentGrantOverrideParams;
    result: Override;
    refusal: "invalid_params" | "not_found" | "slot_unavailable" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Keep a seat of this slot for a while, to book it then (`appointment.book` with `hold_id`).
   *
   * It ends at `expires_at` by itself. For a patient one acts for, or by the doctor's side for a patient of the place.
   */
  "appointment.hold": {
    params: AppointmentHoldParams;
    result: Held;
    refusal: "invalid_params" | "not_found" | "already_booked" | "not_approved" | "slot_taken" | "slot_unavailable" | "too_many_holds" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * The appointments one may see, by what they have in common: one's patients', one's own as a doctor, those of one's desk; all of them for administrators who coordinate or give support.
   *
   * `upcoming`: what is still to come, the earliest first; false: what is over, the latest first. By default the latest first. `number` is what people call it by. `outside`: only what is to come and lies in none of its doctor's hours any more, because they became others.
   */
  "appointment.list": {
    params: AppointmentListParams;
    result: PageOfListedVisit;
    refusal: "invalid_params" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** She did not come. It can be taken back on the same day; who is in the line already is a no-show there. */
  "appointment.no_show": {
    params: AppointmentNoShowParams;
    result: Visit;
    refusal: "not_found" | "illegal_move" | "in_the_line" | "nobody_there" | "too_early" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Give a held seat back, or say no to one that was offered; it goes to who waits next. */
  "appointment.release": {
    params: AppointmentReleaseParams;
    result: Held;
    refusal: "not_found" | "hold_expired" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Move it to another slot of the same doctor, place and mode. The old seat is free only once the new one is taken; a seat that is held for her there is used for it.
   *
   * By the doctor's side it is confirmed then; by the patient it is `requested` where the doctor's side confirms. What was paid stays paid, and moving it late brings no more back than cancelling then would have.
   */
  "appointment.reschedule": {
    params: AppointmentRescheduleParams;
    result: Visit;
    refusal: "invalid_params" | "not_found" | "already_booked" | "illegal_move" | "not_approved" | "slot_taken" | "slot_unavailable" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Make the one legal move that leads to this state, by who may make it: another name for `confirm`, `cancel`, `check_in`, `no_show` and their like. A prescription and a follow-up are made, not set. */
  "appointment.set_status": {
    params: AppointmentSetStatusParams;
    result: Visit;
    refusal: "invalid_params" | "not_found" | "already_joined" | "illegal_move" | "in_the_line" | "no_sitting" | "nobody_there" | "not_this_day" | "payment_due" | "too_early" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** She came after all, on the same day. Who had a token comes back by `queue.back`. */
  "appointment.undo_no_show": {
    params: AppointmentUndoNoShowParams;
    result: Visit;
    refusal: "not_found" | "illegal_move" | "in_the_line" | "not_this_day" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Write why she comes (`complaint`) or what is to be thought of (`notes`): her side, or her doctor. Never a state.
   *
   * What was written, `appointment.get` shows to both; nobody else reads it.
   */
  "appointment.update": {
    params: AppointmentUpdateParams;
    result: Visit;
    refusal: "invalid_params" | "not_found" | "illegal_move" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** How the two meet by video, for her side and the doctor. Until a video provider is set up: `no_video`. */
  "appointment.video_call": {
    params: AppointmentVideoCallParams;
    result: VideoCall;
    refusal: "not_found" | "no_video" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** On what terms one books this doctor, at this place, in this mode: shown before booking. */
  "appointment_terms.get": {
    params: AppointmentTermsGetParams;
    result: Terms;
    refusal: "invalid_params" | "not_found" | "internal" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** What one said, to be changed: for owners and managers of the place; without a place for a doctor. */
  "appointment_terms.own": {
    params: AppointmentTermsOwnParams;
    result: OwnTerms;
    refusal: "not_found" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /**
   * Say on what terms visits are booked: these, and nothing of what was said before. Bookings keep those they have.
   *
   * For owners and managers of the place; without a place for a doctor, about her consultations by video. What is left out or null is as the platform says.
   */
  "appointment_terms.set": {
    params: AppointmentTermsSetParams;
    result: OwnTerms;
    refusal: "invalid_params" | "not_found" | "conflict" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Log this socket in with an access token (or a display's credential). */
  "auth.authenticate": {
    params: AuthAuthenticateParams;
    result: Authenticated;
    refusal: "unauthenticated" | "already_authenticated" | "internal" | "invalid_params" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Where one is logged in, latest renewed first; at most 100. A display has none. */
  "auth.devices": {
    params: AuthDevicesParams;
    result: Device[];
    refusal: "internal" | "invalid_params" | "unauthenticated" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /**
   * Ask for a new password by mail. Answer, limits and work are the same for known and unknown addresses.
   *
   * Only accounts that have a password are written to: others log in by code.
   */
  "auth.forgot_password": {
    params: AuthForgotPasswordParams;
    result: MailSent;
    refusal: "rate_limited" | "internal" | "invalid_params" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Log in with e-mail and password.
   *
   * Wrong tries are counted per address and network, and apart for a `device` (an id of 16 characters or more) that the account was logged in on before: nobody can lock the owner out there.
   */
  "auth.login": {
    params: AuthLoginParams;
    result: Login;
    refusal: "wrong_password" | "account_closed" | "already_authenticated" | "rate_limited" | "internal" | "invalid_params" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * End this login, one of the account's others (`login_id`, see `auth.devices`), or with `all` every one.
   *
   * The tokens are dead and the sockets let go. Another account's login is not found.
   */
  "auth.logout": {
    params: AuthLogoutParams;
    result: LoggedOut;
    refusal: "invalid_params" | "not_found" | "internal" | "unauthenticated" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Send a login code to a phone number. The answer is the same whether or not the number is known.
   *
   * A second ask within `resend_after_s` sends nothing and answers the same expiry. The message is in the account's language, or in `locale` for a new number.
   */
  "auth.otp_send": {
    params: AuthOtpSendParams;
    result: OtpSent;
    refusal: "invalid_params" | "rate_limited" | "internal" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Log in with the code. A new number becomes a patient's account with a patient record of its own.
   *
   * `registration` is the ticket of `auth.register`; without it a new account is called `name`. Five wrong codes end the code. On success this socket is logged in.
   */
  "auth.otp_verify": {
    params: AuthOtpVerifyParams;
    result: Login;
    refusal: "invalid_params" | "code_gone" | "wrong_code" | "account_closed" | "already_authenticated" | "contact_held" | "rate_limited" | "internal" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Exchange a refresh token for new tokens. On a logged-in socket it prolongs that login; else it logs in.
   *
   * Each token is good once. A spent one ends the login on every device that shares it, except within 30 s while its successor is unused: then the answer is that same successor, so that a lost reply logs nobody out.
   */
  "auth.refresh": {
    params: AuthRefreshParams;
    result: Login;
    refusal: "token_reused" | "unauthenticated" | "already_authenticated" | "internal" | "invalid_params" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Register as a patient, doctor, pharmacy or laboratory: sends a code, and `auth.otp_verify` makes the account.
   *
   * The answer is the same for known and unknown numbers. Everybody but patients waits for verification. Administrators are made by administrators, not here.
   *
   * `user_type`: what the account is for; more capacities can be added to it later. `accepts`: the terms and privacy notice (`terms.current`) that were read and are agreed to; they count once the account is made.
   */
  "auth.register": {
    params: AuthRegisterParams;
    result: Registered;
    refusal: "invalid_params" | "already_authenticated" | "rate_limited" | "internal" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Mail a new token to one's own unverified address; the one before is dead. */
  "auth.resend_verification": {
    params: AuthResendVerificationParams;
    result: MailSent;
    refusal: "not_found" | "already_verified" | "no_email" | "rate_limited" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Choose a new password with the token that was mailed. Every login of the account ends; log in anew.
   *
   * The token is good once and for half an hour. It also proves the address.
   */
  "auth.reset_password": {
    params: AuthResetPasswordParams;
    result: PasswordChanged;
    refusal: "proof_gone" | "rate_limited" | "internal" | "invalid_params" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Tell the known fact that this login owes (`fact_due` of the login). Five wrong answers a day. */
  "auth.tell_fact": {
    params: AuthTellFactParams;
    result: FactTold;
    refusal: "invalid_params" | "wrong_fact" | "rate_limited" | "internal" | "unauthenticated" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Take a change of phone or e-mail back, with the token that the old address got. Ends every login. */
  "auth.undo_change": {
    params: AuthUndoChangeParams;
    result: Undone;
    refusal: "proof_gone" | "email_taken" | "phone_taken" | "rate_limited" | "internal" | "invalid_params" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Prove that one reads one's address, with the token that was mailed to it. Works on any socket, once. */
  "auth.verify_email": {
    params: AuthVerifyEmailParams;
    result: Verified;
    refusal: "proof_gone" | "rate_limited" | "internal" | "invalid_params" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Conditions, blood group and whom to call: one's own side's, and by consent or break-glass. */
  "background.get": {
    params: BackgroundGetParams;
    result: Background;
    refusal: "invalid_params" | "fact_due" | "not_found" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Tell the blood group and whom to call, for a patient one acts for; what is left out stays, null takes it away. */
  "background.update": {
    params: BackgroundUpdateParams;
    result: Background;
    refusal: "invalid_params" | "fact_due" | "not_found" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Close it before the hour is over. */
  "break_glass.end": {
    params: BreakGlassEndParams;
    result: GlassView;
    refusal: "not_found" | "conflict" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Every break-glass, the oldest first; `reviewed` false: those that wait. For those with `privacy`. */
  "break_glass.list": {
    params: BreakGlassListParams;
    result: PageOfGlassView;
    refusal: "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /**
   * Read everything of a patient for an hour: she is at a place where you work today, and cannot be asked.
   *
   * Three a day, on the place's clock. She, those who act for her and the privacy administrators are told at once, and it is reviewed. While one is open, the same is answered again and counts once.
   */
  "break_glass.open": {
    params: BreakGlassOpenParams;
    result: GlassView;
    refusal: "not_found" | "break_glass_spent" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Say whether it was justified, and why. Once, and not by the doctor himself. For those with `privacy`. */
  "break_glass.review": {
    params: BreakGlassReviewParams;
    result: GlassView;
    refusal: "not_found" | "already_reviewed" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * End a thread before its time: the doctor, or whoever answers at the place. Her next visit opens it again.
   *
   * The patient's side ends the relationship instead (`relation.end`).
   */
  "chat.close": {
    params: ChatCloseParams;
    result: ThreadView;
    refusal: "chat_read_only" | "fact_due" | "not_found" | "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** One thread: by its id, or by that of a message in it, which is what a notification names. */
  "chat.get": {
    params: ChatGetParams;
    result: ThreadView;
    refusal: "invalid_params" | "fact_due" | "not_found" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** What was said in a thread, newest first. It stays readable when the thread is closed. */
  "chat.history": {
    params: ChatHistoryParams;
    result: History;
    refusal: "invalid_params" | "fact_due" | "not_found" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /**
   * Threads, the latest first, with how much of each is unread; without `whose` those of one's family.
   *
   * `patient_id`: only hers. A page may be shorter than asked for; the last one has no cursor.
   */
  "chat.list": {
    params: ChatListParams;
    result: PageOfThreadView;
    refusal: "invalid_params" | "fact_due" | "not_found" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /**
   * The thread of a patient with a doctor at a place, or without `doctor_id` with the place, whose desk answers.
   *
   * It is made when the first one asks for it, which takes a visit or an order that goes on or was a few days ago.
   */
  "chat.open": {
    params: ChatOpenParams;
    result: ThreadView;
    refusal: "chat_read_only" | "fact_due" | "not_found" | "chat_closed" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Your side has read up to this message. A mark never goes back; an older one changes nothing. */
  "chat.read": {
    params: ChatReadParams;
    result: ReadMark;
    refusal: "invalid_params" | "chat_read_only" | "fact_due" | "not_found" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Say something in a thread that is open, in words, files, or both.
   *
   * A guardian writes for the patient and is marked so; whoever works at the place writes as its desk.
   */
  "chat.send": {
    params: ChatSendParams;
    result: MessageView;
    refusal: "invalid_params" | "chat_read_only" | "fact_due" | "not_found" | "chat_closed" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** You are writing now, or have stopped. Say it again every few seconds: it is taken back after six by itself. */
  "chat.typing": {
    params: ChatTypingParams;
    result: null;
    refusal: "chat_read_only" | "fact_due" | "not_found" | "chat_closed" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Let one doctor, or the clinical staff of one place, read these records of a patient you act for.
   *
   * From `since` (now) until `until`, a year at most, and for a minor until she is of age; revocable at any time.
   */
  "consent.grant": {
    params: ConsentGrantParams;
    result: ConsentView;
    refusal: "invalid_params" | "not_found" | "not_her_hand" | "too_many_consents" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** The consents of a patient one acts for, also what is over or revoked; the latest first. */
  "consent.list": {
    params: ConsentListParams;
    result: PageOfConsentView;
    refusal: "invalid_params" | "not_found" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Take a consent back: the patient, or whoever acts for her. Who read by it reads no more, at once. */
  "consent.revoke": {
    params: ConsentRevokeParams;
    result: ConsentView;
    refusal: "not_found" | "conflict" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Who can see something of a patient one acts for, and by which right; longest first, at most 300. */
  "consent.seen_by": {
    params: ConsentSeenByParams;
    result: Reader[];
    refusal: "invalid_params" | "not_found" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Add to a completed visit of your own. It stands beside what was written; the visit is not reopened. */
  "consultation.add": {
    params: ConsultationAddParams;
    result: Consultation;
    refusal: "fact_due" | "not_found" | "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** It was begun by mistake: nobody but you reads it, and the visit may begin anew. The line stays as it is. */
  "consultation.cancel": {
    params: ConsultationCancelParams;
    result: Consultation;
    refusal: "fact_due" | "not_found" | "illegal_move" | "papers_stand" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** One visit as its doctor wrote it: for her; once completed for the patient's side, by consent, by break-glass. */
  "consultation.get": {
    params: ConsultationGetParams;
    result: Consultation;
    refusal: "fact_due" | "not_found" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /**
   * Visits, the latest first, without what was found. A patient's (the only one need not be named), or one's own.
   *
   * A doctor's page may be shorter than `limit` although more follow: visits she reads no longer are left out of it.
   */
  "consultation.list": {
    params: ConsultationListParams;
    result: PageOfConsultationCard;
    refusal: "invalid_params" | "fact_due" | "not_found" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /**
   * Begin the visit of a token of your own line, or of an appointment of yours; who has both is named by either.
   *
   * Who is called is in consultation from now on. A visit has one consultation, unless that was cancelled. One by video begins with `teleconsult`: how she agreed to it, and how you know who she is.
   */
  "consultation.start": {
    params: ConsultationStartParams;
    result: Consultation;
    refusal: "invalid_params" | "fact_due" | "not_found" | "already_started" | "illegal_move" | "teleconsult_unconfirmed" | "unregistered" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Write on a visit that is in progress; what is left out stays, null takes it away. `vitals` are replaced whole.
   *
   * `version` is the one that was read: when another device wrote since, this is refused (`stale_version`) and nothing changes. `complete` ends the visit, also in the line: from then on it is only added to.
   */
  "consultation.update": {
    params: ConsultationUpdateParams;
    result: Consultation;
    refusal: "invalid_params" | "fact_due" | "not_found" | "illegal_move" | "stale_version" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Say what a visit to a doctor costs here, in this mode; null: the fee of her profile.
   *
   * For owners and managers of the place, about a doctor who works there; without a place for the doctor herself, about her consultations by video.
   */
  "consultation_fee.set": {
    params: ConsultationFeeSetParams;
    result: OwnTerms;
    refusal: "invalid_params" | "not_found" | "conflict" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** The platform in numbers as they were `at` a moment some five minutes ago, never more than ten and never on another day: where a day has begun since, they are counted now. */
  "dashboard.admin": {
    params: DashboardAdminParams;
    result: AdminDashboard;
    refusal: "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Your day and your patients in numbers. */
  "dashboard.doctor": {
    params: DashboardDoctorParams;
    result: DoctorDashboard;
    refusal: "not_found" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Your appointments and sittings of today, and who is in the room; at most 200 of each. */
  "dashboard.doctor_today": {
    params: DashboardDoctorTodayParams;
    result: DoctorToday;
    refusal: "not_found" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** A hospital in numbers, for its owner and managers. */
  "dashboard.hospital": {
    params: DashboardHospitalParams;
    result: HospitalDashboard;
    refusal: "invalid_params" | "not_found" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** A laboratory in numbers, for everybody who works there. */
  "dashboard.laboratory": {
    params: DashboardLaboratoryParams;
    result: LaboratoryDashboard;
    refusal: "invalid_params" | "not_found" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** What is to come and what waits, for a patient one acts for (the only one need not be named). */
  "dashboard.patient": {
    params: DashboardPatientParams;
    result: PatientDashboard;
    refusal: "invalid_params" | "not_found" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** A pharmacy in numbers, for everybody who works there. */
  "dashboard.pharmacy": {
    params: DashboardPharmacyParams;
    result: PharmacyDashboard;
    refusal: "invalid_params" | "not_found" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** A doctor's day: today's lines, her appointments at each place and by video, and what is unread. */
  "day.topics": {
    params: DayTopicsParams;
    result: Screen;
    refusal: "not_found" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /**
   * A desk's day: today's lines, the doctors' appointments of today, the place's unread chats, and what its counter is to hand back.
   *
   * The only place where one works at the desk need not be named.
   */
  "desk.topics": {
    params: DeskTopicsParams;
    result: Screen;
    refusal: "invalid_params" | "not_found" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /**
   * The latest letters to a phone number or e-mail address, newest first, after those now on their way have arrived.
   *
   * Exists in development only.
   */
  "dev.mailbox": {
    params: DevMailboxParams;
    result: Letter[];
    refusal: "invalid_params" | "internal" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Be the payer and her bank at the house's own gateway, which then tells this deployment by a signed webhook.
   *
   * `secret` is that of `payment.status`. Exists in development only.
   */
  "dev.pay": {
    params: DevPayParams;
    result: null;
    refusal: "not_found" | "internal" | "invalid_params" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Let a screen show the lines of these rooms or doctors at your place, today's and tomorrow's, by itself. */
  "display.approve": {
    params: DisplayApproveParams;
    result: Display;
    refusal: "code_wrong" | "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** From where and when this code was asked for, to look at before approving it. */
  "display.asking": {
    params: DisplayAskingParams;
    result: Asking;
    refusal: "code_wrong" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** The approved screens of your place. */
  "display.list": {
    params: DisplayListParams;
    result: Displays;
    refusal: "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /**
   * A new screen: a code for staff to approve within 10 minutes, and a secret to log in with at once.
   *
   * Until approval the screen hears only its own `board:`.
   */
  "display.pair": {
    params: DisplayPairParams;
    result: Pairing;
    refusal: "internal" | "invalid_params" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Call a screen something else. */
  "display.rename": {
    params: DisplayRenameParams;
    result: Display;
    refusal: "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** A fresh code for this screen, which is still waiting to be approved. The old code is worthless. */
  "display.renew": {
    params: DisplayRenewParams;
    result: Renewed;
    refusal: "not_found" | "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Take a screen's right away: it is dark within a second, and its secret is worthless. */
  "display.revoke": {
    params: DisplayRevokeParams;
    result: Display;
    refusal: "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Add an entry. */
  "doctor.create": {
    params: DoctorCreateParams;
    result: DoctorView;
    refusal: "forbidden" | "not_found" | "already_listed" | "conflict" | "unknown_specialty" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Close an entry: nobody finds it any more; what hangs on it stays. */
  "doctor.delete": {
    params: DoctorDeleteParams;
    result: null;
    refusal: "forbidden" | "not_found" | "already_listed" | "conflict" | "unknown_specialty" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** One entry. */
  "doctor.get": {
    params: DoctorGetParams;
    result: DoctorView;
    refusal: "not_found" | "internal" | "invalid_params" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Entries by name; `count` asks how many there are as well, whatever the page. */
  "doctor.list": {
    params: DoctorListParams;
    result: PageOfDoctorView;
    refusal: "invalid_params" | "internal" | "not_found" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Reject a doctor, and why: `verification.reject` by its id. */
  "doctor.reject": {
    params: DoctorRejectParams;
    result: CaseView;
    refusal: "forbidden" | "own_verification" | "not_found" | "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** When a doctor is there and can be booked: her week, and the moments of the days asked for, right also where clocks change. */
  "doctor.schedule": {
    params: DoctorScheduleParams;
    result: CalendarSchedule;
    refusal: "not_found" | "internal" | "invalid_params" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /**
   * Say when one sees patients: this week, this leave and these days besides, and nothing of what was said before.
   *
   * For the doctor herself, and for administrators (verify, content). A place is one where she works. Who is there by video is shown as a doctor to consult by video from then on. What is booked already stays booked, but for what falls into leave: `in_leave` says how much, and it is called off in a quarter of an hour. `outside` says how much of what stays lies outside of these hours.
   */
  "doctor.set_availability": {
    params: DoctorSetAvailabilityParams;
    result: Said;
    refusal: "invalid_params" | "not_found" | "conflict" | "internal" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Change an entry; what is not given stays. */
  "doctor.update": {
    params: DoctorUpdateParams;
    result: DoctorView;
    refusal: "forbidden" | "not_found" | "already_listed" | "conflict" | "unknown_specialty" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Approve a doctor: `verification.approve` by its id. */
  "doctor.verify": {
    params: DoctorVerifyParams;
    result: CaseView;
    refusal: "forbidden" | "own_verification" | "not_found" | "facts_changed" | "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Add an entry. */
  "faq.create": {
    params: FaqCreateParams;
    result: FaqView;
    refusal: "forbidden" | "not_found" | "conflict" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Remove an entry; `conflict` while something refers to it. */
  "faq.delete": {
    params: FaqDeleteParams;
    result: null;
    refusal: "forbidden" | "not_found" | "conflict" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** One entry. */
  "faq.get": {
    params: FaqGetParams;
    result: FaqView;
    refusal: "not_found" | "internal" | "invalid_params" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Entries by display_order; `count` asks how many there are as well, whatever the page. */
  "faq.list": {
    params: FaqListParams;
    result: PageOfFaqView;
    refusal: "invalid_params" | "internal" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Change an entry; what is not given stays. */
  "faq.update": {
    params: FaqUpdateParams;
    result: FaqView;
    refusal: "forbidden" | "not_found" | "conflict" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** A patient's home, for who acts for her: her appointments, her places in lines, her open requests and orders, and what is unread. Open it with `topic.open`. */
  "home.topics": {
    params: HomeTopicsParams;
    result: Screen;
    refusal: "invalid_params" | "not_found" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /**
   * Offer a verified doctor to work at a hospital of yours. She works there once she accepts (`affiliation.accept`).
   *
   * For owners and managers, and for administrators (verify) on their behalf.
   */
  "hospital.add_doctor": {
    params: HospitalAddDoctorParams;
    result: AffiliationView;
    refusal: "not_found" | "already_asked" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Your hospital offers a treatment. For its owners and managers, and for administrators (content). */
  "hospital.add_treatment": {
    params: HospitalAddTreatmentParams;
    result: OfferView;
    refusal: "invalid_params" | "forbidden" | "not_found" | "conflict" | "internal" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Add an entry. */
  "hospital.create": {
    params: HospitalCreateParams;
    result: HospitalView;
    refusal: "invalid_params" | "forbidden" | "not_found" | "conflict" | "too_many_pending" | "internal" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Close an entry: nobody finds it any more; what hangs on it stays. */
  "hospital.delete": {
    params: HospitalDeleteParams;
    result: null;
    refusal: "invalid_params" | "forbidden" | "not_found" | "conflict" | "too_many_pending" | "internal" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** One entry. */
  "hospital.get": {
    params: HospitalGetParams;
    result: HospitalView;
    refusal: "not_found" | "internal" | "invalid_params" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Entries by name; `count` asks how many there are as well, whatever the page. */
  "hospital.list": {
    params: HospitalListParams;
    result: PageOfHospitalView;
    refusal: "invalid_params" | "internal" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** The verified doctors who accepted to work at a hospital, by name. */
  "hospital.list_doctors": {
    params: HospitalListDoctorsParams;
    result: PageOfHospitalDoctor;
    refusal: "invalid_params" | "not_found" | "internal" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** What a hospital offers, by name of the treatment. Those who work there see what is not available, too. */
  "hospital.list_treatments": {
    params: HospitalListTreatmentsParams;
    result: HospitalTreatment[];
    refusal: "not_found" | "internal" | "invalid_params" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Reject a hospital or clinic, and why: `verification.reject` by its id. */
  "hospital.reject": {
    params: HospitalRejectParams;
    result: CaseView;
    refusal: "forbidden" | "own_verification" | "not_found" | "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** End that a doctor works at a hospital of yours, at once, or take back an offer she has not answered. */
  "hospital.remove_doctor": {
    params: HospitalRemoveDoctorParams;
    result: AffiliationView;
    refusal: "not_found" | "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Your hospital offers a treatment no longer. */
  "hospital.remove_treatment": {
    params: HospitalRemoveTreatmentParams;
    result: null;
    refusal: "forbidden" | "not_found" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Change an entry; what is not given stays. */
  "hospital.update": {
    params: HospitalUpdateParams;
    result: HospitalView;
    refusal: "invalid_params" | "forbidden" | "not_found" | "conflict" | "too_many_pending" | "internal" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Change how your hospital offers a treatment; what is not given stays, `prices` replaces all prices. */
  "hospital.update_treatment": {
    params: HospitalUpdateTreatmentParams;
    result: OfferView;
    refusal: "invalid_params" | "forbidden" | "not_found" | "internal" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Approve a hospital or clinic: `verification.approve` by its id. */
  "hospital.verify": {
    params: HospitalVerifyParams;
    result: CaseView;
    refusal: "forbidden" | "own_verification" | "not_found" | "facts_changed" | "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Add an entry. */
  "insurance.create": {
    params: InsuranceCreateParams;
    result: InsuranceView;
    refusal: "forbidden" | "not_found" | "conflict" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Remove an entry; `conflict` while something refers to it. */
  "insurance.delete": {
    params: InsuranceDeleteParams;
    result: null;
    refusal: "forbidden" | "not_found" | "conflict" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** One entry. */
  "insurance.get": {
    params: InsuranceGetParams;
    result: InsuranceView;
    refusal: "not_found" | "internal" | "invalid_params" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Entries by name; `count` asks how many there are as well, whatever the page. */
  "insurance.list": {
    params: InsuranceListParams;
    result: PageOfInsuranceView;
    refusal: "invalid_params" | "internal" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Change an entry; what is not given stays. */
  "insurance.update": {
    params: InsuranceUpdateParams;
    result: InsuranceView;
    refusal: "forbidden" | "not_found" | "conflict" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Laboratories with their catalogues in numbers, by name; for administrators (coordinate, support). */
  "inventory.laboratories": {
    params: InventoryLaboratoriesParams;
    result: PageOfLaboratoryCatalogue;
    refusal: "invalid_params" | "forbidden" | "internal" | "unauthenticated" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** A laboratory's catalogue in numbers and test by test; for administrators (coordinate, support). */
  "inventory.laboratory": {
    params: InventoryLaboratoryParams;
    result: LaboratoryInventory;
    refusal: "invalid_params" | "forbidden" | "not_found" | "internal" | "unauthenticated" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Pharmacies with their stock in numbers, by name; for administrators (coordinate, support). */
  "inventory.pharmacies": {
    params: InventoryPharmaciesParams;
    result: PageOfPharmacyStock;
    refusal: "invalid_params" | "forbidden" | "internal" | "unauthenticated" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** A pharmacy's stock in numbers and article by article; for administrators (coordinate, support). */
  "inventory.pharmacy": {
    params: InventoryPharmacyParams;
    result: PharmacyInventory;
    refusal: "invalid_params" | "forbidden" | "not_found" | "internal" | "unauthenticated" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Give a dead letter up for good; what stood in it is wiped. For those with `super`. */
  "job.discard": {
    params: JobDiscardParams;
    result: JobView;
    refusal: "not_found" | "job_not_dead" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Jobs of a state, newest first: the dead letters unless you ask for others. For those with `super`. */
  "job.list": {
    params: JobListParams;
    result: PageOfJobView;
    refusal: "invalid_params" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Try a dead letter again from the start, at once. One that held a secret cannot be. For those with `super`. */
  "job.replay": {
    params: JobReplayParams;
    result: JobView;
    refusal: "not_found" | "job_not_dead" | "secret_wiped" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Add an entry. */
  "lab_catalog.create": {
    params: LabCatalogCreateParams;
    result: LabCatalogView;
    refusal: "invalid_params" | "not_found" | "code_taken" | "conflict" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Close an entry: nobody finds it any more; what hangs on it stays. */
  "lab_catalog.delete": {
    params: LabCatalogDeleteParams;
    result: null;
    refusal: "invalid_params" | "not_found" | "code_taken" | "conflict" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** One entry. */
  "lab_catalog.get": {
    params: LabCatalogGetParams;
    result: LabCatalogView;
    refusal: "not_found" | "internal" | "invalid_params" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Entries by name; `count` asks how many there are as well, whatever the page. */
  "lab_catalog.list": {
    params: LabCatalogListParams;
    result: PageOfLabCatalogView;
    refusal: "invalid_params" | "internal" | "not_found" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Change an entry; what is not given stays. */
  "lab_catalog.update": {
    params: LabCatalogUpdateParams;
    result: LabCatalogView;
    refusal: "invalid_params" | "not_found" | "code_taken" | "conflict" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Say that you know of a critical value, and what was done. Nobody else is asked any more.
   *
   * The doctor who asked for the test; the laboratory's people where there is none; once others were asked, every doctor who may read it, and the laboratory.
   */
  "lab_report.acknowledge": {
    params: LabReportAcknowledgeParams;
    result: CriticalView;
    refusal: "invalid_params" | "fact_due" | "not_found" | "illegal_move" | "not_waiting" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Correct a published report by another version; the former ones stay to be read. What is left out is as before. */
  "lab_report.amend": {
    params: LabReportAmendParams;
    result: LabReportView;
    refusal: "invalid_params" | "fact_due" | "not_found" | "illegal_move" | "no_laboratory" | "no_report" | "report_stands" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Begin the report of a test whose sample is there. For technicians; nobody else sees it before it is published.
   *
   * Values are checked against what the test measures, and judged by sex and age on the day of the sample.
   */
  "lab_report.create": {
    params: LabReportCreateParams;
    result: LabReportView;
    refusal: "invalid_params" | "fact_due" | "not_found" | "illegal_move" | "no_laboratory" | "no_report" | "report_stands" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** A report with all its versions; a draft only for the laboratory's technicians. */
  "lab_report.get": {
    params: LabReportGetParams;
    result: LabReportView;
    refusal: "fact_due" | "not_found" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /**
   * Reports, newest first: of a patient, of the laboratory where one works; without either, those of whom one acts for and those one asked for as a doctor. `since`/`until` bound when they were published.
   *
   * What the caller may not read is left out, so a page may be shorter than `limit` and not be the last.
   */
  "lab_report.list": {
    params: LabReportListParams;
    result: PageOfLabReportView;
    refusal: "invalid_params" | "fact_due" | "not_found" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Publish a draft: the test is completed, the patient's side and the doctor who asked are told, and it never changes again. A critical value has to be acknowledged. */
  "lab_report.publish": {
    params: LabReportPublishParams;
    result: LabReportView;
    refusal: "invalid_params" | "fact_due" | "not_found" | "illegal_move" | "no_laboratory" | "no_report" | "report_stands" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Change a draft; what is left out stays. What was published is amended instead. */
  "lab_report.update": {
    params: LabReportUpdateParams;
    result: LabReportView;
    refusal: "invalid_params" | "fact_due" | "not_found" | "illegal_move" | "no_laboratory" | "no_report" | "report_stands" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** The critical values for which the caller was asked and nobody has answered, oldest first. */
  "lab_report.waiting": {
    params: LabReportWaitingParams;
    result: LabWaiting[];
    refusal: "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** The laboratory is at work on the sample. For its technicians. */
  "lab_test.begin": {
    params: LabTestBeginParams;
    result: LabTestView;
    refusal: "invalid_params" | "fact_due" | "not_found" | "illegal_move" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Cancel a test of which no sample is there: the patient's side, the doctor who asked, or the laboratory. */
  "lab_test.cancel": {
    params: LabTestCancelParams;
    result: LabTestView;
    refusal: "invalid_params" | "fact_due" | "not_found" | "illegal_move" | "of_an_order" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** The sample is taken, now or a little earlier. For collectors and technicians of the laboratory. */
  "lab_test.collect": {
    params: LabTestCollectParams;
    result: LabTestView;
    refusal: "invalid_params" | "fact_due" | "not_found" | "illegal_move" | "no_laboratory" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Ask for a test. A patient's side names the laboratory's (`catalogue_id`), which is then hers.
   *
   * A doctor who treats her names the test alone (`name`): where it is done she chooses with `lab_test.schedule`, for only her side lets a laboratory know who she is. `place_id` is where the doctor asks from.
   */
  "lab_test.create": {
    params: LabTestCreateParams;
    result: LabTestView;
    refusal: "invalid_params" | "fact_due" | "not_found" | "illegal_move" | "not_offered" | "too_many_tests" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** The same as `lab_test.cancel`: that it was asked for stays on record. */
  "lab_test.delete": {
    params: LabTestDeleteParams;
    result: LabTestView;
    refusal: "invalid_params" | "fact_due" | "not_found" | "illegal_move" | "of_an_order" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** One test: for the patient's side, the doctor who asked, the laboratory, and by consent. */
  "lab_test.get": {
    params: LabTestGetParams;
    result: LabTestView;
    refusal: "fact_due" | "not_found" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /**
   * Tests, newest first: of a patient, of the laboratory where one works; without either, those of whom one acts for and those one asked for as a doctor.
   *
   * What the caller may not see any more is left out, so a page may be shorter than `limit` and not be the last.
   */
  "lab_test.list": {
    params: LabTestListParams;
    result: PageOfLabTestView;
    refusal: "invalid_params" | "fact_due" | "not_found" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Nobody was there at the planned time; the patient plans another one. For collectors and technicians. */
  "lab_test.miss": {
    params: LabTestMissParams;
    result: LabTestView;
    refusal: "invalid_params" | "fact_due" | "not_found" | "illegal_move" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** The sample is of no use: the patient plans a new one, which costs nothing. For technicians. */
  "lab_test.reject": {
    params: LabTestRejectParams;
    result: LabTestView;
    refusal: "invalid_params" | "fact_due" | "not_found" | "illegal_move" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Plan when the sample is taken, or plan it anew: the patient's side, or the laboratory that was chosen.
   *
   * At home it is a window of `laboratory.windows`, at an address it serves; a visit of hers falls into its opening hours, where it said any. `catalogue_id` chooses the laboratory where nobody has yet, or another one while nothing is planned: for the patient's side alone.
   */
  "lab_test.schedule": {
    params: LabTestScheduleParams;
    result: LabTestView;
    refusal: "invalid_params" | "fact_due" | "not_found" | "illegal_move" | "no_laboratory" | "not_collected" | "not_offered" | "window_full" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * The result of a test at once: values, files or both, published. For technicians of the laboratory.
   *
   * Also of a test whose steps nobody entered; `collected_at` says when the sample was taken then. What a draft said is replaced.
   */
  "lab_test.submit_result": {
    params: LabTestSubmitResultParams;
    result: LabReportView;
    refusal: "invalid_params" | "fact_due" | "not_found" | "illegal_move" | "no_laboratory" | "no_report" | "report_stands" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Change the notes (who asked, while no sample is there), or move the test on by naming where it shall stand.
   *
   * `scheduled` needs `lab_test.schedule`, `completed` a result.
   */
  "lab_test.update": {
    params: LabTestUpdateParams;
    result: LabTestView;
    refusal: "invalid_params" | "fact_due" | "forbidden" | "not_found" | "illegal_move" | "no_laboratory" | "of_an_order" | "internal" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Add an entry. */
  "laboratory.create": {
    params: LaboratoryCreateParams;
    result: LaboratoryView;
    refusal: "invalid_params" | "forbidden" | "not_found" | "conflict" | "too_many_pending" | "internal" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Close an entry: nobody finds it any more; what hangs on it stays. */
  "laboratory.delete": {
    params: LaboratoryDeleteParams;
    result: null;
    refusal: "invalid_params" | "forbidden" | "not_found" | "conflict" | "too_many_pending" | "internal" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** One entry. */
  "laboratory.get": {
    params: LaboratoryGetParams;
    result: LaboratoryView;
    refusal: "not_found" | "internal" | "invalid_params" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Entries by name; `count` asks how many there are as well, whatever the page. */
  "laboratory.list": {
    params: LaboratoryListParams;
    result: PageOfLaboratoryView;
    refusal: "invalid_params" | "internal" | "not_found" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Reject a laboratory, and why: `verification.reject` by its id. */
  "laboratory.reject": {
    params: LaboratoryRejectParams;
    result: CaseView;
    refusal: "forbidden" | "own_verification" | "not_found" | "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Say how your laboratory collects at home. For its owners and managers; what is booked stays.
   *
   * The windows follow from `provider.set_hours`, where it collects from `served_postal_codes`.
   */
  "laboratory.set_collection": {
    params: LaboratorySetCollectionParams;
    result: Collection;
    refusal: "not_found" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Change an entry; what is not given stays. */
  "laboratory.update": {
    params: LaboratoryUpdateParams;
    result: LaboratoryView;
    refusal: "invalid_params" | "forbidden" | "not_found" | "conflict" | "too_many_pending" | "internal" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Approve a laboratory: `verification.approve` by its id. */
  "laboratory.verify": {
    params: LaboratoryVerifyParams;
    result: CaseView;
    refusal: "forbidden" | "own_verification" | "not_found" | "facts_changed" | "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** The windows of a laboratory from a day of its calendar on; those that are over are left out. */
  "laboratory.windows": {
    params: LaboratoryWindowsParams;
    result: Windows;
    refusal: "not_found" | "internal" | "invalid_params" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Letters of the last thirty days, newest first, those of a state or all. For those with `super`. */
  "letter.list": {
    params: LetterListParams;
    result: PageOfLetterView;
    refusal: "invalid_params" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Delete a file of yours that is attached to nothing; its bytes are removed. */
  "media.delete": {
    params: MediaDeleteParams;
    result: null;
    refusal: "not_found" | "file_in_use" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** A file you may read. */
  "media.get": {
    params: MediaGetParams;
    result: MediaView;
    refusal: "not_found" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** A link to read a file with, good for five minutes. It asks for your right again when it is used. */
  "media.link": {
    params: MediaLinkParams;
    result: Link;
    refusal: "not_found" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /**
   * The files you uploaded that you may still read, newest first. `about` and `about_id` choose what they belong to.
   *
   * What was attached to somebody else's thing is found there, not here.
   */
  "media.list": {
    params: MediaListParams;
    result: PageOfMediaView;
    refusal: "invalid_params" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /**
   * Keep files as a record of a patient.
   *
   * Her side says whether the doctors she goes to may see it. A doctor who treats her writes as herself, a nurse or technician for the `place_id` that she came to: what they wrote is theirs to read, and shared by her alone.
   */
  "medical_record.create": {
    params: MedicalRecordCreateParams;
    result: MedicalRecordView;
    refusal: "invalid_params" | "fact_due" | "not_found" | "too_many_records" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Delete what one's side uploaded, with its files. What a provider wrote is kept. */
  "medical_record.delete": {
    params: MedicalRecordDeleteParams;
    result: null;
    refusal: "invalid_params" | "fact_due" | "not_found" | "record_kept" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** One record with its files: for her side, who wrote it, by consent, and for her doctors what she shares. */
  "medical_record.get": {
    params: MedicalRecordGetParams;
    result: MedicalRecordView;
    refusal: "fact_due" | "not_found" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /**
   * Records of a patient, newest first; the only one for whom one acts need not be named. `since`/`until` bound `record_date`; `hidden` asks for those her side hides.
   *
   * What the caller may not read is left out, so a page may be shorter than `limit` and not be the last.
   */
  "medical_record.list": {
    params: MedicalRecordListParams;
    result: PageOfMedicalRecordView;
    refusal: "invalid_params" | "fact_due" | "not_found" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Say otherwise what one's side uploaded, hide it or show it again; of what a provider wrote only the sharing. */
  "medical_record.update": {
    params: MedicalRecordUpdateParams;
    result: MedicalRecordView;
    refusal: "invalid_params" | "fact_due" | "not_found" | "record_kept" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Add an entry. */
  "medicine.create": {
    params: MedicineCreateParams;
    result: MedicineView;
    refusal: "invalid_params" | "not_found" | "already_stocked" | "conflict" | "too_many_articles" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Close an entry: nobody finds it any more; what hangs on it stays. */
  "medicine.delete": {
    params: MedicineDeleteParams;
    result: null;
    refusal: "invalid_params" | "not_found" | "already_stocked" | "conflict" | "too_many_articles" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** One entry. */
  "medicine.get": {
    params: MedicineGetParams;
    result: MedicineView;
    refusal: "not_found" | "internal" | "invalid_params" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Entries by name; `count` asks how many there are as well, whatever the page. */
  "medicine.list": {
    params: MedicineListParams;
    result: PageOfMedicineView;
    refusal: "invalid_params" | "internal" | "not_found" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /**
   * A medicine across the pharmacies that can be quoted now: approved, open, not pausing.
   *
   * What fits best comes first, then what costs least. Words are found as everywhere in the directory.
   */
  "medicine.search": {
    params: MedicineSearchParams;
    result: PageOfOffered;
    refusal: "invalid_params" | "internal" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Change an entry; what is not given stays. */
  "medicine.update": {
    params: MedicineUpdateParams;
    result: MedicineView;
    refusal: "invalid_params" | "not_found" | "already_stocked" | "conflict" | "too_many_articles" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Take a duty that is offered to one's own number. It counts from now on, on every socket within a second.
   *
   * An offer falls with the right of whoever made it.
   */
  "member.accept": {
    params: MemberAcceptParams;
    result: MemberView;
    refusal: "not_found" | "already_member" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Say no to a duty that is offered to one's own number. */
  "member.decline": {
    params: MemberDeclineParams;
    result: InvitationEnded;
    refusal: "not_found" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** The duties that are offered to one's own number, oldest first; at most 50. */
  "member.invitations": {
    params: MemberInvitationsParams;
    result: MemberInvitation[];
    refusal: "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Tell one account something in your own words. For those with `support` or `super`. */
  "notification.create": {
    params: NotificationCreateParams;
    result: null;
    refusal: "not_found" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Take it off your list; its text is gone, and you will not be told this again. */
  "notification.delete": {
    params: NotificationDeleteParams;
    result: Unread;
    refusal: "not_found" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Your notifications, newest first, and how many are unread. */
  "notification.list": {
    params: NotificationListParams;
    result: NotificationPage;
    refusal: "invalid_params" | "internal" | "unauthenticated" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** You have read everything that is there now. */
  "notification.mark_all_read": {
    params: NotificationMarkAllReadParams;
    result: Unread;
    refusal: "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** You have read this one. Doing it twice changes nothing. */
  "notification.mark_read": {
    params: NotificationMarkReadParams;
    result: Unread;
    refusal: "not_found" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Take an order back until it is out for delivery or a sample was taken; what was paid goes back whole. */
  "order.cancel": {
    params: OrderCancelParams;
    result: OrderView;
    refusal: "not_found" | "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Take a line, or some of it, off an order: her side before it is accepted, the provider until it is ready, or the sample for it was taken.
   *
   * What was paid for it goes back, in minor units. With the last line the order is cancelled.
   */
  "order.cancel_line": {
    params: OrderCancelLineParams;
    result: OrderView;
    refusal: "invalid_params" | "not_found" | "illegal_move" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Accept an order that is offered to one's place, while nobody else has it. */
  "order.confirm": {
    params: OrderConfirmParams;
    result: OrderView;
    refusal: "not_found" | "illegal_move" | "not_her_hand" | "not_offered" | "not_serving" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Order from a pharmacy or a laboratory at its catalogue's prices, which are snapshotted; stock is kept at once. `total` is what she was shown, with the delivery fee: if it costs otherwise now, it is not ordered (`other_price`).
   *
   * With `payment_mode` `online` it is offered to the provider when the money came, within 15 minutes; with `counter` at once. What is not sold without a prescription names its line of `prescription_id` (`prescription_needed`); its units are counted at once over all pharmacies, and come back when the order ends undelivered. Fulfilment: `home`, `pickup` at a pharmacy, `visit` to a laboratory.
   */
  "order.create": {
    params: OrderCreateParams;
    result: OrderView;
    refusal: "invalid_params" | "fact_due" | "not_found" | "currencies" | "not_serving" | "orders_full" | "other_item" | "other_price" | "out_of_stock" | "prescription_needed" | "prescription_not_in_force" | "prescription_spent" | "restricted" | "schedule_refused" | "too_dear" | "too_many_tests" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** An order with its history, refunds, contact and handover digits, as far as the side one stands on sees them. */
  "order.get": {
    params: OrderGetParams;
    result: OrderDetail;
    refusal: "not_found" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Orders, the newest first: of everybody one acts for, those offered to a place where one works, all of them for administrators who coordinate. `since`/`until` bound `created_at`. */
  "order.list": {
    params: OrderListParams;
    result: PageOfOrderView;
    refusal: "invalid_params" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Not take an order that is offered to one's place; coordinators may offer it to another, else it is refunded. */
  "order.reject": {
    params: OrderRejectParams;
    result: OrderView;
    refusal: "not_found" | "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Make new digits for the handover, which `order.get` shows; the old ones are worth nothing, tries begin anew.
   *
   * Twenty times at most: guessing stays hopeless.
   */
  "order.renew_code": {
    params: OrderRenewCodeParams;
    result: OrderView;
    refusal: "not_found" | "illegal_move" | "too_many_codes" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Offer an order that its provider rejected or did not accept in time to another pharmacy, at the price that was told: each line becomes the same article (generic, strength and form) there, of another maker only where no doctor forbids it. Her side is told, and may cancel. For administrators who coordinate. */
  "order.reoffer": {
    params: OrderReofferParams;
    result: OrderView;
    refusal: "invalid_params" | "forbidden" | "not_found" | "illegal_move" | "not_serving" | "offered_enough" | "other_item" | "out_of_stock" | "paid_at_counter" | "prescription_not_in_force" | "prescription_spent" | "schedule_refused" | "internal" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Move an order on, by a legal move only: its provider's people prepare, send out and hand over (`delivered` and `collected` need the patient's four digits in `code`); coordinators may only cancel. `rejected`, `cancelled` and `failed` need a `reason`. What its doctor has taken back meanwhile is not handed over (`not_in_force`). How far a laboratory is follows from its tests and is never set. */
  "order.set_status": {
    params: OrderSetStatusParams;
    result: OrderView;
    refusal: "invalid_params" | "handover_code" | "forbidden" | "not_found" | "handover_locked" | "hold_over" | "illegal_move" | "not_held" | "not_her_hand" | "not_offered" | "not_serving" | "out_of_stock" | "prescription_not_in_force" | "restricted" | "unpaid" | "internal" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Add an entry. */
  "package.create": {
    params: PackageCreateParams;
    result: PackageView;
    refusal: "forbidden" | "not_found" | "conflict" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Remove an entry; `conflict` while something refers to it. */
  "package.delete": {
    params: PackageDeleteParams;
    result: null;
    refusal: "forbidden" | "not_found" | "conflict" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** One entry. */
  "package.get": {
    params: PackageGetParams;
    result: PackageView;
    refusal: "not_found" | "internal" | "invalid_params" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Entries by name; `count` asks how many there are as well, whatever the page. */
  "package.list": {
    params: PackageListParams;
    result: PageOfPackageView;
    refusal: "invalid_params" | "internal" | "not_found" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Say all seasons of a package anew; outside of them it costs its own price. Two of them cannot overlap. */
  "package.set_seasons": {
    params: PackageSetSeasonsParams;
    result: PackageView;
    refusal: "invalid_params" | "forbidden" | "not_found" | "internal" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Change an entry; what is not given stays. */
  "package.update": {
    params: PackageUpdateParams;
    result: PackageView;
    refusal: "forbidden" | "not_found" | "conflict" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Accept to act for a patient. Only who invited and still acts for her can have let you in. */
  "patient.accept_guardian": {
    params: PatientAcceptGuardianParams;
    result: GuardianView;
    refusal: "invalid_params" | "not_found" | "already_guardian" | "guardianship_lapsed" | "too_many_patients" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Every look at the clinical data of a patient you act for, newest first: who, when, by which right. */
  "patient.accesses": {
    params: PatientAccessesParams;
    result: PageOfAccessView;
    refusal: "invalid_params" | "fact_due" | "not_found" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /**
   * Take over a record that carries one's own number, with a fresh code (`auth.otp_send`) and one known fact.
   *
   * `kind`: what one is to the patient. `self` merges it into one's own record. The fact is the year of birth where the record has one, else the name. Can be undone with `patient.undo_claim`.
   */
  "patient.claim": {
    params: PatientClaimParams;
    result: Claim;
    refusal: "invalid_params" | "code_gone" | "wrong_code" | "wrong_fact" | "not_found" | "already_guardian" | "guardianship_lapsed" | "too_many_patients" | "rate_limited" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Records that carry one's own number and are nobody's yet, oldest first; at most 50. */
  "patient.claimable": {
    params: PatientClaimableParams;
    result: Claimable[];
    refusal: "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** The records one has taken over, oldest first; at most 100. */
  "patient.claims": {
    params: PatientClaimsParams;
    result: Claim[];
    refusal: "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /**
   * Add a member of the family, so that this account can act for her. `kind` is what you are to her.
   *
   * For a minor it lasts until her 18th birthday; where only the year is told, to the end of the year she turns 18.
   */
  "patient.create": {
    params: PatientCreateParams;
    result: PatientView;
    refusal: "invalid_params" | "already_guardian" | "too_many_patients" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Say no to an invitation, or take back one that one sent. */
  "patient.decline_guardian": {
    params: PatientDeclineGuardianParams;
    result: InvitationOver;
    refusal: "not_found" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Let nobody find a patient any more: a record made by mistake, or erased by law. For those with `privacy`.
   *
   * Her row and what was written about her stay; families, other patients and accounts are untouched. Appointments that are to come are called off, and what was paid for them goes back; she leaves the lines in which she stands.
   */
  "patient.delete": {
    params: PatientDeleteParams;
    result: PatientDeleted;
    refusal: "not_found" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Stop acting for a patient, or end another's (`account_id`): the patient anybody's, others whom they let in.
   *
   * Somebody acts for a minor: her last guardian cannot go. Nobody stops acting for herself.
   */
  "patient.end_guardian": {
    params: PatientEndGuardianParams;
    result: GuardianEnded;
    refusal: "invalid_params" | "not_found" | "last_guardian" | "own_record" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * One patient: whom one acts for (the only one need not be named), whom one treats, who comes to one's place.
   *
   * Administrators with `support` or `privacy` find everybody. Nothing clinical: that is `summary.get`.
   */
  "patient.get": {
    params: PatientGetParams;
    result: PatientView;
    refusal: "invalid_params" | "fact_due" | "not_found" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Who acts for a patient that this account acts for, longest first. */
  "patient.guardians": {
    params: PatientGuardiansParams;
    result: GuardianView[];
    refusal: "invalid_params" | "not_found" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /**
   * What there was with a patient, the latest first: all of it for her own side and by consent to `consultation`.
   *
   * A doctor sees what she had a part in, the staff of a place what was there.
   */
  "patient.history": {
    params: PatientHistoryParams;
    result: PageOfHistoryItem;
    refusal: "invalid_params" | "fact_due" | "not_found" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** For whom one is asked to act; at most 50. */
  "patient.invitations": {
    params: PatientInvitationsParams;
    result: Invitation[];
    refusal: "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Ask the owner of a number to act for this patient too. She does so once she accepts, within a week. */
  "patient.invite_guardian": {
    params: PatientInviteGuardianParams;
    result: Invitation;
    refusal: "invalid_params" | "not_found" | "already_invited" | "too_many_patients" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Patients by name, one's family oneself first. Without `whose` those one acts for.
   *
   * A doctor's are those in a relationship with her, a place's those who come to it (the only place where one works need not be named): both until some days after the last visit. `last_visit_at` is theirs here.
   */
  "patient.list": {
    params: PatientListParams;
    result: PageOfPatientView;
    refusal: "invalid_params" | "fact_due" | "not_found" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Give a record back that one took over; support may do it for anybody. What was written into it stays. */
  "patient.undo_claim": {
    params: PatientUndoClaimParams;
    result: Claim;
    refusal: "not_found" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Change a patient this account acts for; what is left out stays.
   *
   * Somebody else's date of birth is told once, in the year that was known: it decides when she acts for herself. Her `phone` is what a desk finds her by, and with what she claims her record when she is of age.
   */
  "patient.update": {
    params: PatientUpdateParams;
    result: PatientView;
    refusal: "invalid_params" | "fact_due" | "not_found" | "birthday_fixed" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** What one has paid online or tried to, the latest first. */
  "payment.attempts": {
    params: PaymentAttemptsParams;
    result: PageOfOnlinePayment;
    refusal: "invalid_params" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /**
   * Begin to pay the whole of what is owed for a thing of a patient one acts for.
   *
   * `payments:{account_id}` tells when it is `ready`; then `payment.status` has what the app pays with. Of one thing one payment is open at a time: the caller's own of the same amount is answered again, another takes its place, unless her bank has it already (`payment_open`).
   */
  "payment.create": {
    params: PaymentCreateParams;
    result: OnlinePayment;
    refusal: "invalid_params" | "not_found" | "no_gateway" | "nothing_owed" | "other_amount" | "payment_open" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** What goes back through gateways, the latest first: for administrators with `money`, who find it there by its names and settle what a bank did not take. */
  "payment.gateway_refunds": {
    params: PaymentGatewayRefundsParams;
    result: PageOfGatewayRefundView;
    refusal: "invalid_params" | "forbidden" | "internal" | "unauthenticated" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** The money was given back at the counter that took it, the whole of it. Once; her side is told. For those who take money there: hand it over when this has answered. */
  "payment.hand_back": {
    params: PaymentHandBackParams;
    result: PaymentRefundView;
    refusal: "not_found" | "handed_back" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** What was taken at a place where one takes money, or from a patient one acts for; the latest first. */
  "payment.list": {
    params: PaymentListParams;
    result: PageOfPaymentView;
    refusal: "invalid_params" | "not_found" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** What is to be paid for a thing at one's counter; `money` null: nothing. */
  "payment.owed": {
    params: PaymentOwedParams;
    result: PaidOwed;
    refusal: "not_found" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** What goes back of counter payments, `handed` back or not yet: at a place where one takes money, or to a patient one acts for; the latest first. */
  "payment.refunds": {
    params: PaymentRefundsParams;
    result: PageOfRefundView;
    refusal: "invalid_params" | "not_found" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Try again a payment of one's own that failed, as long as it is still owed and has not run out. */
  "payment.retry": {
    params: PaymentRetryParams;
    result: OnlinePayment;
    refusal: "not_found" | "illegal_move" | "nothing_owed" | "other_amount" | "payment_open" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Where a payment of one's own stands, and what the app pays it with.
   *
   * The gateway is asked by itself, every two minutes, as long as a payment is open.
   */
  "payment.status": {
    params: PaymentStatusParams;
    result: PaymentStatus;
    refusal: "not_found" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /**
   * Money was taken at the counter: the whole of what is owed. For those who take money there.
   *
   * Nothing is written when it is not the amount that is owed: the desk has the money in its hand and gives it back.
   */
  "payment.take": {
    params: PaymentTakeParams;
    result: Taken;
    refusal: "invalid_params" | "not_found" | "nothing_owed" | "other_amount" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Add an entry. */
  "pharmacy.create": {
    params: PharmacyCreateParams;
    result: PharmacyView;
    refusal: "invalid_params" | "forbidden" | "not_found" | "conflict" | "too_many_pending" | "internal" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Close an entry: nobody finds it any more; what hangs on it stays. */
  "pharmacy.delete": {
    params: PharmacyDeleteParams;
    result: null;
    refusal: "invalid_params" | "forbidden" | "not_found" | "conflict" | "too_many_pending" | "internal" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** One entry. */
  "pharmacy.get": {
    params: PharmacyGetParams;
    result: PharmacyView;
    refusal: "not_found" | "internal" | "invalid_params" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Entries by name; `count` asks how many there are as well, whatever the page. */
  "pharmacy.list": {
    params: PharmacyListParams;
    result: PageOfPharmacyView;
    refusal: "invalid_params" | "internal" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Reject a pharmacy, and why: `verification.reject` by its id. */
  "pharmacy.reject": {
    params: PharmacyRejectParams;
    result: CaseView;
    refusal: "forbidden" | "own_verification" | "not_found" | "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Change an entry; what is not given stays. */
  "pharmacy.update": {
    params: PharmacyUpdateParams;
    result: PharmacyView;
    refusal: "invalid_params" | "forbidden" | "not_found" | "conflict" | "too_many_pending" | "internal" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Approve a pharmacy: `verification.approve` by its id. */
  "pharmacy.verify": {
    params: PharmacyVerifyParams;
    result: CaseView;
    refusal: "forbidden" | "own_verification" | "not_found" | "facts_changed" | "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Add an entry. */
  "pharmacy_service.create": {
    params: PharmacyServiceCreateParams;
    result: PharmacyServiceView;
    refusal: "invalid_params" | "not_found" | "conflict" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Remove an entry; `conflict` while something refers to it. */
  "pharmacy_service.delete": {
    params: PharmacyServiceDeleteParams;
    result: null;
    refusal: "invalid_params" | "not_found" | "conflict" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** One entry. */
  "pharmacy_service.get": {
    params: PharmacyServiceGetParams;
    result: PharmacyServiceView;
    refusal: "not_found" | "internal" | "invalid_params" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Entries by name; `count` asks how many there are as well, whatever the page. */
  "pharmacy_service.list": {
    params: PharmacyServiceListParams;
    result: PageOfPharmacyServiceView;
    refusal: "invalid_params" | "internal" | "not_found" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Change an entry; what is not given stays. */
  "pharmacy_service.update": {
    params: PharmacyServiceUpdateParams;
    result: PharmacyServiceView;
    refusal: "invalid_params" | "not_found" | "conflict" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Give a member another duty instead of one she has. Only an owner touches owners and managers.
   *
   * Nobody raises herself: an owner may step down, as long as another stays.
   */
  "place.change_member": {
    params: PlaceChangeMemberParams;
    result: MemberView;
    refusal: "invalid_params" | "forbidden" | "not_found" | "already_member" | "last_owner" | "internal" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** One place and its rooms. */
  "place.get": {
    params: PlaceGetParams;
    result: PlaceView;
    refusal: "not_found" | "internal" | "invalid_params" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** The offers of a place of yours that wait for an answer, oldest first. For owners and managers. */
  "place.invitations": {
    params: PlaceInvitationsParams;
    result: MemberInvitation[];
    refusal: "invalid_params" | "not_found" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /**
   * Offer the person with this number a duty at a place of yours. For owners and managers; good for a week.
   *
   * Only an owner invites owners and managers. Without `place_id`: your only place. She logs in by OTP and accepts.
   */
  "place.invite_member": {
    params: PlaceInviteMemberParams;
    result: MemberInvitation;
    refusal: "invalid_params" | "forbidden" | "not_found" | "already_asked" | "internal" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Give up one of one's own duties at a place, or all of them. The last owner cannot. */
  "place.leave": {
    params: PlaceLeaveParams;
    result: Removed;
    refusal: "invalid_params" | "not_found" | "last_owner" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Who works at a place of yours, longest first; at most 500. For owners and managers. */
  "place.members": {
    params: PlaceMembersParams;
    result: MemberView[];
    refusal: "invalid_params" | "not_found" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** End one duty of a member, or all of them. For owners and managers; only an owner removes owners and managers. */
  "place.remove_member": {
    params: PlaceRemoveMemberParams;
    result: Removed;
    refusal: "invalid_params" | "forbidden" | "not_found" | "last_owner" | "internal" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Take an offer of a place of yours back. For owners and managers. */
  "place.withdraw_invitation": {
    params: PlaceWithdrawInvitationParams;
    result: InvitationEnded;
    refusal: "invalid_params" | "not_found" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Take an issued prescription of your own back, at any time: nothing more is dispensed on it. */
  "prescription.cancel": {
    params: PrescriptionCancelParams;
    result: PrescriptionCancelled;
    refusal: "fact_due" | "not_found" | "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Hold a draft of your own against the patient's allergies, as `prescription.issue` will once more. */
  "prescription.check": {
    params: PrescriptionCheckParams;
    result: AllergyLook;
    refusal: "fact_due" | "not_found" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /**
   * Begin a prescription on a visit of your own, named by its consultation or its appointment: a draft, yours alone.
   *
   * A visit may have several. `prescription.issue` puts it into force; without `valid_until` it is valid for 30 days.
   */
  "prescription.create": {
    params: PrescriptionCreateParams;
    result: Prescription;
    refusal: "invalid_params" | "fact_due" | "not_found" | "visit_cancelled" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Throw a draft away. What was issued is cancelled instead. */
  "prescription.delete": {
    params: PrescriptionDeleteParams;
    result: PrescriptionDeleted;
    refusal: "fact_due" | "not_found" | "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Give out units over the counter: for a pharmacist, at a pharmacy that the patient's side showed it to.
   *
   * By consent to `prescription` or by an order there; the only pharmacy where one works need not be named. All or nothing, and never more than is left over all pharmacies.
   */
  "prescription.dispense": {
    params: PrescriptionDispenseParams;
    result: Prescription;
    refusal: "invalid_params" | "fact_due" | "not_found" | "illegal_move" | "prescription_not_in_force" | "prescription_spent" | "schedule_refused" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** All of a prescription: for the patient's side, its doctor, by consent, and for pharmacists it was shown to. */
  "prescription.get": {
    params: PrescriptionGetParams;
    result: Prescription;
    refusal: "fact_due" | "not_found" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /**
   * Put a draft into force: from now on it is never changed. What it takes the place of is superseded.
   *
   * Refused (`allergy_check`) when a line meets one of the patient's allergies, when nobody has asked her for any (`summary.no_allergies` says that there are none), or when the list cannot be read; an `override` with a reason issues it all the same, and both are kept. What is not known is issued as `unknown`, never as `clear`. A prescription without medicines is not held against anything.
   */
  "prescription.issue": {
    params: PrescriptionIssueParams;
    result: Prescription;
    refusal: "invalid_params" | "fact_due" | "not_found" | "allergy_check" | "dispensed_since" | "illegal_move" | "nothing_prescribed" | "visit_cancelled" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Prescriptions, the latest first. A patient's (the only one need not be named), one's own, or a pharmacy's.
   *
   * A doctor's page may be shorter than `limit` although more follow: what she reads no longer is left out of it.
   */
  "prescription.list": {
    params: PrescriptionListParams;
    result: PageOfPrescriptionCard;
    refusal: "invalid_params" | "fact_due" | "not_found" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Begin a draft that takes the place of an issued one, with what is left of its lines; that one stays in force until then. */
  "prescription.supersede": {
    params: PrescriptionSupersedeParams;
    result: Prescription;
    refusal: "fact_due" | "not_found" | "illegal_move" | "visit_cancelled" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Change a draft; what is left out stays, `lines` and `investigations` are replaced whole.
   *
   * `version` is the one that was read: when another device wrote since, this is refused (`stale_version`). `supersedes_spent`: you have seen that so much was given out of what it takes the place of (`dispensed_since`).
   */
  "prescription.update": {
    params: PrescriptionUpdateParams;
    result: Prescription;
    refusal: "invalid_params" | "fact_due" | "not_found" | "illegal_move" | "stale_version" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Mail a token to a new address; `profile.confirm_email` moves the account there. Nothing changes until then. */
  "profile.change_email": {
    params: ProfileChangeEmailParams;
    result: MailSent;
    refusal: "not_found" | "same_contact" | "rate_limited" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Change one's password, knowing the old one. Every other login of the account ends; this one stays. */
  "profile.change_password": {
    params: ProfileChangePasswordParams;
    result: PasswordChanged;
    refusal: "wrong_password" | "not_found" | "no_password" | "rate_limited" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Move the account to another number. Ask for the code with `auth.otp_send` to the *new* number.
   *
   * The old number is told and can undo it for 24 hours; until then it is nobody else's.
   */
  "profile.change_phone": {
    params: ProfileChangePhoneParams;
    result: Profile;
    refusal: "invalid_params" | "code_gone" | "wrong_code" | "not_found" | "contact_held" | "phone_taken" | "same_contact" | "rate_limited" | "internal" | "unauthenticated" | "terms_due" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Move the account to the address that the token was mailed to; it is verified at once.
   *
   * The old address is told and can undo it for 24 hours. Who wrote this address into her account without ever reading its mail loses it, and with it her password.
   */
  "profile.confirm_email": {
    params: ProfileConfirmEmailParams;
    result: Profile;
    refusal: "proof_gone" | "not_found" | "contact_held" | "email_taken" | "rate_limited" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** One's own account: name, phone, e-mail, language, capacities and duties. A display has none. */
  "profile.get": {
    params: ProfileGetParams;
    result: Profile;
    refusal: "not_found" | "internal" | "invalid_params" | "unauthenticated" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Say when one wants to hear nothing that can wait; null: never. A reminder that would fall into it comes before, if there is still time, or after it; what cannot wait is told at any hour. */
  "profile.set_quiet_hours": {
    params: ProfileSetQuietHoursParams;
    result: Profile;
    refusal: "invalid_params" | "not_found" | "internal" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Change one's name, language or clock; what is left out stays. One's own patient record is renamed along.
   *
   * Phone and e-mail are not changed here: that needs a proof of the new and a notice to the old.
   */
  "profile.update": {
    params: ProfileUpdateParams;
    result: Profile;
    refusal: "invalid_params" | "not_found" | "internal" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** When a place is open, and whether it is now. */
  "provider.hours": {
    params: ProviderHoursParams;
    result: Hours;
    refusal: "not_found" | "internal" | "invalid_params" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Take no orders until then; null: take them again. For who works at the pharmacy or laboratory. */
  "provider.pause_orders": {
    params: ProviderPauseOrdersParams;
    result: Hours;
    refusal: "invalid_params" | "not_found" | "internal" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Say when a place is open: this week and these holidays, and nothing of what was said before.
   *
   * For its owners and managers, and for administrators (verify, content). What is booked already stays booked, but for what falls into a holiday: `in_holidays` says how much, and it is called off in a quarter of an hour.
   */
  "provider.set_hours": {
    params: ProviderSetHoursParams;
    result: SaidHours;
    refusal: "invalid_params" | "not_found" | "conflict" | "internal" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** A pharmacy's or a laboratory's day: its counters, its open orders, bills it is on, its tests, its patients' chats, what its counter is to hand back. */
  "provider.topics": {
    params: ProviderTopicsParams;
    result: Screen;
    refusal: "invalid_params" | "not_found" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Say when your turn is near: so many before you, or so many minutes. Told once; neither = no alert. */
  "queue.alert": {
    params: QueueAlertParams;
    result: TokenView;
    refusal: "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** The code to print and hang up at this place; `renew` makes a new one and the old paper worthless. */
  "queue.arrival_code": {
    params: QueueArrivalCodeParams;
    result: ArrivalCode;
    refusal: "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** The patient is here: the token gets the next number. The desk says so, or her phone with the wall's code. */
  "queue.arrive": {
    params: QueueArriveParams;
    result: TokenView;
    refusal: "code_wrong" | "illegal_move" | "session_closed" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Sent for a test: she leaves the room and will come back ahead of new arrivals. */
  "queue.away": {
    params: QueueAwayParams;
    result: DeskView;
    refusal: "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** She is back: from a test ahead of new arrivals; skipped or a no-show, the same day, after the next few. */
  "queue.back": {
    params: QueueBackParams;
    result: DeskView;
    refusal: "already_joined" | "illegal_move" | "session_closed" | "too_late" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Enter an outage's paper numbers with their times. Live numbers go on after them; jumps are recorded as void. */
  "queue.backfill": {
    params: QueueBackfillParams;
    result: Backfilled;
    refusal: "already_joined" | "not_approved" | "number_taken" | "queue_full" | "session_closed" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** The called patient is in the room; the consultation begins. */
  "queue.begin": {
    params: QueueBeginParams;
    result: DeskView;
    refusal: "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Call this token out of turn. It must be waiting: nobody is called twice. */
  "queue.call": {
    params: QueueCallParams;
    result: DeskView;
    refusal: "illegal_move" | "room_busy" | "session_closed" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Call whoever is next into a room. With `finish_current` the one in consultation there is completed first.
   *
   * No room given: the session's room, or the place's only one. A token that is called and not begun keeps it busy.
   */
  "queue.call_next": {
    params: QueueCallNextParams;
    result: DeskView;
    refusal: "nothing_to_call" | "room_busy" | "session_closed" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** The consultation is done. */
  "queue.complete": {
    params: QueueCompleteParams;
    result: DeskView;
    refusal: "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Enter a booked patient with her time. She gets no number until she arrives.
   *
   * Either `patient_id` (a patient of this place) or `name` with what else is known.
   */
  "queue.expect": {
    params: QueueExpectParams;
    result: DeskView;
    refusal: "already_joined" | "not_approved" | "queue_full" | "session_closed" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** The line of a session: current numbers, how many wait, your own tokens; for the desk also everybody. */
  "queue.get": {
    params: QueueGetParams;
    result: QueueView;
    refusal: "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /**
   * Join a doctor's line; the number comes at arrival.
   *
   * From afar (where the session allows it) the token is `expected`. With the code from the place's wall the patient is there, and gets her number at once.
   */
  "queue.join": {
    params: QueueJoinParams;
    result: TokenView;
    refusal: "already_joined" | "code_wrong" | "no_remote_join" | "not_approved" | "queue_full" | "session_closed" | "too_many_tokens" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Give a token up: its holder, or the desk for her. */
  "queue.leave": {
    params: QueueLeaveParams;
    result: TokenView;
    refusal: "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** What a slip's key shows: number, state, how many before, when. Read-only, without login, without a name. */
  "queue.look": {
    params: QueueLookParams;
    result: SlipView;
    refusal: "not_found" | "internal" | "invalid_params" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Put a waiting token where `before` others are called before it; never ahead of emergencies and returns. */
  "queue.move": {
    params: QueueMoveParams;
    result: DeskView;
    refusal: "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Called, announced twice, the grace time over, and nobody came. `queue.back` reverses it the same day. */
  "queue.no_show": {
    params: QueueNoShowParams;
    result: DeskView;
    refusal: "illegal_move" | "too_early" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Give a waiting token priority for a reason that is recorded with your name; null takes it away. */
  "queue.prioritise": {
    params: QueuePrioritiseParams;
    result: DeskView;
    refusal: "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Announce a called token again. It stays called; announcements are counted. */
  "queue.recall": {
    params: QueueRecallParams;
    result: DeskView;
    refusal: "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** The called patient did not come; the room is free for the next. */
  "queue.skip": {
    params: QueueSkipParams;
    result: DeskView;
    refusal: "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** What to print for a token: number, room, place, day, estimate, and a read-only key for a QR code. */
  "queue.slip": {
    params: QueueSlipParams;
    result: Slip;
    refusal: "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Take a mistaken call back within 60 seconds; a consultation that the call finished goes on. */
  "queue.undo": {
    params: QueueUndoParams;
    result: DeskView;
    refusal: "illegal_move" | "room_busy" | "too_late" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Somebody stands at the desk: in the line in five seconds, with a number.
   *
   * A returning patient is found by exact phone and name, among this place's patients only.
   */
  "queue.walk_in": {
    params: QueueWalkInParams;
    result: DeskView;
    refusal: "already_joined" | "not_approved" | "queue_full" | "session_closed" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Say yes to what a desk asked for, in the app instead of by the code. */
  "relation.accept": {
    params: RelationAcceptParams;
    result: RelationView;
    refusal: "not_found" | "illegal_move" | "not_her_hand" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Ask the patient of a token for a relationship with its doctor: a code goes to her phone, and she tells it.
   *
   * For whom the desk entered: who joined by herself has one already. It opens nothing until the code is entered (`relation.confirm`) or she says yes in the app (`relation.accept`).
   */
  "relation.ask": {
    params: RelationAskParams;
    result: CareAsked;
    refusal: "not_found" | "no_number" | "rate_limited" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Enter the code that the patient tells. For the doctor it is about and the staff of the place. */
  "relation.confirm": {
    params: RelationConfirmParams;
    result: RelationView;
    refusal: "code_gone" | "wrong_code" | "not_found" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** End a relationship, or say no to one that is asked for. Who saw the patient's data sees it no more, at once. */
  "relation.end": {
    params: RelationEndParams;
    result: RelationView;
    refusal: "not_found" | "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** The relationships of a patient one acts for, and what was asked for; the latest first, at most 200. */
  "relation.list": {
    params: RelationListParams;
    result: RelationView[];
    refusal: "invalid_params" | "not_found" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Take a request in hand. Of several who do so at once one gets it; the others hear `illegal_move` with its `state` and `admin_id`, who has it. For administrators who coordinate. */
  "request.accept": {
    params: RequestAcceptParams;
    result: RequestView;
    refusal: "forbidden" | "not_found" | "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Ask a pharmacy (or, for tests, a laboratory) to read the photos into lines; only its pharmacists and technicians see them, while the request is open. */
  "request.ask_reader": {
    params: RequestAskReaderParams;
    result: RequestView;
    refusal: "invalid_params" | "forbidden" | "not_found" | "illegal_move" | "not_in_hand" | "internal" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Take it back, before it is confirmed. A bill that was chosen and is not paid yet is not confirmed; money that comes for it afterwards goes back. Of what is confirmed, cancel the orders. */
  "request.cancel": {
    params: RequestCancelParams;
    result: RequestView;
    refusal: "not_found" | "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Say yes to the bill that stands, before it runs out. What it keeps of stock is kept on for the orders.
   *
   * With `counter` (at the counter or the door) and `free` it is `confirmed` at once: one order for each provider. With `online` it stays `responded` until the money came, which must be before `valid_until`. A bill with substitutes needs `accept_substitutes`.
   */
  "request.confirm": {
    params: RequestConfirmParams;
    result: RequestView;
    refusal: "invalid_params" | "not_found" | "bill_expired" | "hold_over" | "illegal_move" | "not_serving" | "orders_full" | "other_bill" | "out_of_stock" | "prescription_not_in_force" | "prescription_spent" | "schedule_refused" | "substitutes_open" | "too_many_tests" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Ask for medicines or tests: by lines, by a prescription kept here (what is left of each line is asked for), or by photos of a paper one that a pharmacist reads into lines.
   *
   * A coordinator answers with a bill. `share`: the coordinators may look at the photos themselves; without it only who reads them does. `address` is where it is brought, needed for `home`; only the provider of an order learns it and the `phone` to call (by default the patient's).
   */
  "request.create": {
    params: RequestCreateParams;
    result: RequestView;
    refusal: "invalid_params" | "fact_due" | "not_found" | "requests_full" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** A request with its bills and history, as far as the side one stands on sees them. */
  "request.get": {
    params: RequestGetParams;
    result: RequestDetail;
    refusal: "not_found" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Requests, the newest first: of everybody one acts for; all of them for administrators who coordinate; for who works at a provider, those it is quoted in or asked to read, its own part of them. `mine`: only those a coordinator has in hand herself. */
  "request.list": {
    params: RequestListParams;
    result: PageOfRequestView;
    refusal: "invalid_params" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Write down what the photos say; it replaces what was read before, never what she asked for herself. For pharmacists and technicians of the place that was asked to read. */
  "request.read_lines": {
    params: RequestReadLinesParams;
    result: RequestView;
    refusal: "invalid_params" | "not_found" | "illegal_move" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Say that it cannot be served, and why. */
  "request.reject": {
    params: RequestRejectParams;
    result: RequestView;
    refusal: "forbidden" | "not_found" | "illegal_move" | "not_in_hand" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Answer a request with a bill, or with another version of it. Prices are the catalogues' of this moment and stay.
   *
   * Only providers that can be quoted: open, not paused, serving the postal code. What is quoted of a pharmacy's stock is kept until `valid_until` (5 minutes to 72 hours): all of it, or the bill is refused with `out_of_stock`.
   */
  "request.respond": {
    params: RequestRespondParams;
    result: RequestView;
    refusal: "invalid_params" | "forbidden" | "not_found" | "currencies" | "illegal_move" | "not_in_hand" | "not_serving" | "nothing_asked" | "other_item" | "out_of_stock" | "prescription_needed" | "restricted" | "too_dear" | "too_many_bills" | "internal" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Let the coordinators look at the photos of this request, or not any longer. While it is open. */
  "request.share": {
    params: RequestShareParams;
    result: RequestView;
    refusal: "not_found" | "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Take a request over from the coordinator who has it in hand, as when a shift ends. */
  "request.take_over": {
    params: RequestTakeOverParams;
    result: RequestView;
    refusal: "forbidden" | "not_found" | "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Take the bill back, before it is confirmed; the request is in hand again. */
  "request.withdraw_bill": {
    params: RequestWithdrawBillParams;
    result: RequestView;
    refusal: "forbidden" | "not_found" | "illegal_move" | "not_in_hand" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Review a visit that took place, once: by its appointment, or by its place in the line where there was none.
   *
   * For who acts for the patient. It is public when an administrator has verified it.
   */
  "review.create": {
    params: ReviewCreateParams;
    result: ReviewView;
    refusal: "invalid_params" | "not_found" | "not_visited" | "reviewed" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Take a review back: its words are gone and it counts no more. For its author's side, and those with `content`.
   *
   * The visit is not reviewed again.
   */
  "review.delete": {
    params: ReviewDeleteParams;
    result: ReviewView;
    refusal: "not_found" | "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** One review: a public one, one's own in any state, and every one for administrators with `content`. */
  "review.get": {
    params: ReviewGetParams;
    result: ReviewView;
    refusal: "not_found" | "internal" | "invalid_params" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Reviews, the newest first: of a doctor or a place (a hospital is one), with this many stars, in this state. */
  "review.list": {
    params: ReviewListParams;
    result: PageOfReviewView;
    refusal: "invalid_params" | "unauthenticated" | "forbidden" | "internal" | "not_found" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** How a doctor or a place is rated by verified reviews: how many, their average, and how many with each star. */
  "review.summary": {
    params: ReviewSummaryParams;
    result: Tally;
    refusal: "invalid_params" | "internal" | "not_found" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Change a review. It waits for verification again, and until then it is neither public nor counted. */
  "review.update": {
    params: ReviewUpdateParams;
    result: ReviewView;
    refusal: "invalid_params" | "not_found" | "illegal_move" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Publish a review, or with `publish: false` and a reason reject it. For administrators with `content`.
   *
   * `revision` is that of what was read: a text that was changed meanwhile is not published unread.
   */
  "review.verify": {
    params: ReviewVerifyParams;
    result: ReviewView;
    refusal: "invalid_params" | "forbidden" | "not_found" | "illegal_move" | "review_changed" | "internal" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** The sitting does not take place, or breaks off; everybody is offered the doctor's next session here. */
  "session.cancel": {
    params: SessionCancelParams;
    result: SessionView;
    refusal: "consultation_running" | "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Plan a doctor's sitting. The desk names the doctor; a doctor plans her own. The caller's only place need not be named.
   *
   * `opens_at`: joining and arriving is possible from then (default: 12 h before the start). `multi_room`: one line called into several rooms, and no fixed `room_id`. Quotas that are absent do not limit.
   */
  "session.create": {
    params: SessionCreateParams;
    result: SessionView;
    refusal: "not_approved" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Announce a late start; every expected time moves. */
  "session.delay": {
    params: SessionDelayParams;
    result: SessionView;
    refusal: "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** The sitting is over. Who still waits is cancelled without fault and offered the doctor's next session here. */
  "session.end": {
    params: SessionEndParams;
    result: SessionView;
    refusal: "consultation_running" | "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** One sitting. */
  "session.get": {
    params: SessionGetParams;
    result: SessionView;
    refusal: "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Sittings of a doctor or a place, earliest first; without either, those the caller runs: at the desks where she works and as a doctor. `since`/`until` bound `starts_at`. */
  "session.list": {
    params: SessionListParams;
    result: PageOfSessionView;
    refusal: "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Nobody is called for a while; the waiting room reads the reason and, if known, until when. */
  "session.pause": {
    params: SessionPauseParams;
    result: SessionView;
    refusal: "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** The line goes on after a pause. */
  "session.resume": {
    params: SessionResumeParams;
    result: SessionView;
    refusal: "doctor_busy" | "illegal_move" | "not_approved" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** The doctor sits; patients can be called. A doctor has one live session unless it was opened for several rooms. */
  "session.start": {
    params: SessionStartParams;
    result: SessionView;
    refusal: "doctor_busy" | "illegal_move" | "not_approved" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Change a sitting that is not over; what is absent stays. `starts_at` only until it starts. */
  "session.update": {
    params: SessionUpdateParams;
    result: SessionView;
    refusal: "session_closed" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** The platform's settings as they are now. */
  "settings.get": {
    params: SettingsGetParams;
    result: PlatformSettings;
    refusal: "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /**
   * Ask for other settings. They count when a second administrator has confirmed them (`admin.confirm`).
   *
   * For those with `money` or `super`.
   */
  "settings.update": {
    params: SettingsUpdateParams;
    result: AdminRequest;
    refusal: "invalid_params" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Slots of a doctor that can be booked now, from `first` (on each slot's own calendar; by default today) for so many days. Live for one day: the topic `slots:{doctor_id}:{day}`. */
  "slot.list": {
    params: SlotListParams;
    result: SlotList;
    refusal: "not_found" | "internal" | "invalid_params" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Answer the server's time. */
  "socket.ping": {
    params: PingParams;
    result: Pong;
    refusal: "invalid_params" | "overloaded";
  };
  /** Listen again to many topics at once after a reconnect, each from its own offset. */
  "socket.resume": {
    params: ResumeParams;
    result: Resumed;
    refusal: "internal" | "invalid_params" | "too_many_subscriptions" | "busy" | "overloaded" | "unavailable";
  };
  /** Add an entry. */
  "specialty.create": {
    params: SpecialtyCreateParams;
    result: SpecialtyView;
    refusal: "forbidden" | "not_found" | "conflict" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Remove an entry; `conflict` while something refers to it. */
  "specialty.delete": {
    params: SpecialtyDeleteParams;
    result: null;
    refusal: "forbidden" | "not_found" | "conflict" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** One entry. */
  "specialty.get": {
    params: SpecialtyGetParams;
    result: SpecialtyView;
    refusal: "not_found" | "internal" | "invalid_params" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Entries by name; `count` asks how many there are as well, whatever the page. */
  "specialty.list": {
    params: SpecialtyListParams;
    result: PageOfSpecialtyView;
    refusal: "invalid_params" | "internal" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Change an entry; what is not given stays. */
  "specialty.update": {
    params: SpecialtyUpdateParams;
    result: SpecialtyView;
    refusal: "forbidden" | "not_found" | "conflict" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Put right what the books say of a batch. Only a count (`counted`) may find more than they say.
   *
   * What is held for somebody cannot be taken away: `out_of_stock` says how much can.
   */
  "stock.adjust": {
    params: StockAdjustParams;
    result: StockBatch;
    refusal: "invalid_params" | "not_found" | "out_of_stock" | "shelf_full" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Enter up to 200 rows of articles and batches, all of them or none.
   *
   * An article of the same name, form, strength and pack is changed to what its row says; a batch adds to what is there. `fields` of a refusal name what is wrong, row by row (`$.rows[17].expires_on`), up to a hundred problems at once.
   */
  "stock.import": {
    params: StockImportParams;
    result: Imported;
    refusal: "invalid_params" | "not_found" | "already_stocked" | "shelf_full" | "too_many_articles" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** The batches of a pharmacy whose stock one keeps, those that expire first before the others. */
  "stock.list": {
    params: StockListParams;
    result: PageOfStockBatch;
    refusal: "invalid_params" | "not_found" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** What ever moved in a pharmacy whose stock one keeps, newest first. */
  "stock.movements": {
    params: StockMovementsParams;
    result: PageOfMovementView;
    refusal: "invalid_params" | "not_found" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /**
   * Put packs of a batch on the shelf; a batch that stands there already grows.
   *
   * `expires_on` is the last day on which it may be sold, `cost` what one pack cost, in the article's currency.
   */
  "stock.receive": {
    params: StockReceiveParams;
    result: StockBatch;
    refusal: "invalid_params" | "not_found" | "batch_differs" | "shelf_full" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Sell over the counter to somebody who stands there: at once and all of it, first expired first out.
   *
   * What is kept for orders is not there. What is of schedule H or H1 is given out by a pharmacist, by a line of a prescription that was written here, whose units are counted with it, or on a `paper`, which enters the register (`stock.movements`); a paper that was written here and shown to this pharmacy is sold by its line (`line_needed`). X and narcotics are never sold. The answer's `id` is what `stock.take_back` wants.
   */
  "stock.sell": {
    params: StockSellParams;
    result: Hold;
    refusal: "invalid_params" | "fact_due" | "forbidden" | "not_found" | "line_needed" | "out_of_stock" | "prescription_needed" | "prescription_not_in_force" | "prescription_spent" | "restricted" | "schedule_refused" | "internal" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Say at how many packs, or fewer, this article is low: then its people are told, each time anew. Null: never. */
  "stock.set_threshold": {
    params: StockSetThresholdParams;
    result: null;
    refusal: "invalid_params" | "not_found" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** What was sold comes back: onto the shelf when it may be sold again, else it is written off. No money moves, and no unit comes back to a prescription: what was given out was given out. */
  "stock.take_back": {
    params: StockTakeBackParams;
    result: Hold;
    refusal: "invalid_params" | "not_found" | "not_sold" | "shelf_full" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** It is over: a medicine is not taken any more, an allergy was none. It stays on record with its end. */
  "summary.end": {
    params: SummaryEndParams;
    result: Entry;
    refusal: "fact_due" | "not_found" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Allergies and current medicines of a patient one acts for (the only one need not be named) or treats. */
  "summary.get": {
    params: SummaryGetParams;
    result: CareSummary;
    refusal: "invalid_params" | "fact_due" | "not_found" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** She was asked and knows of no allergies: who acts for her says so, or a doctor who may read the summary. */
  "summary.no_allergies": {
    params: SummaryNoAllergiesParams;
    result: CareSummary;
    refusal: "fact_due" | "not_found" | "allergy_stands" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Note an allergy, a medicine that is taken now, or a condition: who acts for the patient, or a doctor who may read where it stands. `severity`: only of an allergy. */
  "summary.note": {
    params: SummaryNoteParams;
    result: Entry;
    refusal: "invalid_params" | "fact_due" | "not_found" | "already_noted" | "summary_full" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Agree to the newest version. Older ones are agreed to with it. Doing it again changes nothing. */
  "terms.accept": {
    params: TermsAcceptParams;
    result: TermsState;
    refusal: "not_found" | "terms_outdated" | "internal" | "invalid_params" | "unauthenticated" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** The newest terms and privacy notice in a language, also if they bind later. None while none is published. */
  "terms.current": {
    params: TermsCurrentParams;
    result: TermsText[];
    refusal: "internal" | "invalid_params" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** One version in a language: also an old one, which somebody agreed to. */
  "terms.get": {
    params: TermsGetParams;
    result: TermsText;
    refusal: "not_found" | "internal" | "invalid_params" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** What you have agreed to and taken back, and what you owe. A display agrees to nothing. */
  "terms.mine": {
    params: TermsMineParams;
    result: TermsState;
    refusal: "internal" | "invalid_params" | "unauthenticated" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Publish another version, in English; `terms.translate` adds languages. It never changes. For `content`. */
  "terms.publish": {
    params: TermsPublishParams;
    result: TermsText;
    refusal: "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Add a language to a version; there it never changes either. For those with `content`. */
  "terms.translate": {
    params: TermsTranslateParams;
    result: TermsText;
    refusal: "not_found" | "terms_published" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Take your word back. Then you do nothing but read, accept, log out, and have your data given or erased. */
  "terms.withdraw": {
    params: TermsWithdrawParams;
    result: TermsState;
    refusal: "not_found" | "internal" | "invalid_params" | "unauthenticated" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Ask a query for the topics of a screen and listen to all of them, each from its snapshot, in one round trip.
   *
   * A topic is refused on its own (`error`), the query as it always is.
   */
  "topic.open": {
    params: OpenParams;
    result: Resumed;
    refusal: "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "not_found" | "too_large" | "rate_limited" | "too_many_subscriptions" | "busy" | "overloaded" | "unavailable";
  };
  /** Listen to a topic, from a snapshot or from behind `after` of the same epoch. */
  "topic.subscribe": {
    params: SubscribeParams;
    result: Subscribed;
    refusal: "internal" | "invalid_params" | "not_found" | "too_large" | "too_many_subscriptions" | "busy" | "overloaded" | "unavailable";
  };
  /** Stop listening to a topic; nothing of it comes after the reply. */
  "topic.unsubscribe": {
    params: UnsubscribeParams;
    result: Unsubscribed;
    refusal: "invalid_params" | "overloaded";
  };
  /** Have the machine translate what is missing, now instead of at the next full hour. Administrators (content). */
  "translation.auto_translate": {
    params: TranslationAutoTranslateParams;
    result: null;
    refusal: "forbidden" | "no_translator" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Say what a text is in another language. `conflict` where that is said already. Administrators (content). */
  "translation.create": {
    params: TranslationCreateParams;
    result: TranslationView;
    refusal: "invalid_params" | "forbidden" | "not_found" | "conflict" | "internal" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Translations, newest first. For administrators (content). */
  "translation.list": {
    params: TranslationListParams;
    result: PageOfTranslationView;
    refusal: "invalid_params" | "forbidden" | "internal" | "unauthenticated" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** The published texts of a catalogue that readers of this language see in English. For administrators (content). */
  "translation.missing": {
    params: TranslationMissingParams;
    result: Missing[];
    refusal: "invalid_params" | "forbidden" | "internal" | "unauthenticated" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Correct a translation, or confirm it by sending it again: it is fresh, and no machine overwrites it any more. */
  "translation.update": {
    params: TranslationUpdateParams;
    result: TranslationView;
    refusal: "forbidden" | "not_found" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Add an entry. */
  "treatment.create": {
    params: TreatmentCreateParams;
    result: TreatmentView;
    refusal: "forbidden" | "not_found" | "conflict" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Remove an entry; `conflict` while something refers to it. */
  "treatment.delete": {
    params: TreatmentDeleteParams;
    result: null;
    refusal: "forbidden" | "not_found" | "conflict" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** One entry. */
  "treatment.get": {
    params: TreatmentGetParams;
    result: TreatmentView;
    refusal: "not_found" | "internal" | "invalid_params" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Entries by name; `count` asks how many there are as well, whatever the page. */
  "treatment.list": {
    params: TreatmentListParams;
    result: PageOfTreatmentView;
    refusal: "invalid_params" | "internal" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** The hospitals that offer a treatment. With a `currency`, those that take it, cheapest first. */
  "treatment.list_hospitals": {
    params: TreatmentListHospitalsParams;
    result: PageOfTreatmentHospital;
    refusal: "invalid_params" | "not_found" | "internal" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Change an entry; what is not given stays. */
  "treatment.update": {
    params: TreatmentUpdateParams;
    result: TreatmentView;
    refusal: "forbidden" | "not_found" | "conflict" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Let a deactivated account log in again. Its old logins stay ended. */
  "user.activate": {
    params: UserActivateParams;
    result: UserView;
    refusal: "not_found" | "last_admin" | "not_oneself" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Make a hospital's administrator, or ask for another administrator; both log in with e-mail and password.
   *
   * An administrator is pending, and may nothing, until a second one confirms it within a day (`admin.confirm`). `scopes`: what the administrator shall may; only for `admin`, and needed there. For those with `super`.
   */
  "user.create": {
    params: UserCreateParams;
    result: UserView;
    refusal: "invalid_params" | "not_found" | "email_taken" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Shut an account: its tokens are dead, its sockets close within a second on every node, and nobody logs in. */
  "user.deactivate": {
    params: UserDeactivateParams;
    result: UserView;
    refusal: "not_found" | "last_admin" | "not_oneself" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Delete an account: nobody logs in with it again, and its number and e-mail are free for others.
   *
   * The row stays without name and addresses, for those that refer to it. Its duties end; a place's only owner is not deleted. What it acted for as a guardian ends, and the patients stay.
   */
  "user.delete": {
    params: UserDeleteParams;
    result: Deleted;
    refusal: "not_found" | "last_admin" | "not_oneself" | "sole_owner" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /**
   * Have everything erased that is kept of you, in three days; until then `user.undo_erasure` takes it back.
   *
   * Prove it is you once more: with a code (`auth.otp_send` to your own number), or, without a number, your password. Both your addresses are told. Patients you act for are other people and stay. What the law wants kept stays without your name; the order lists it.
   */
  "user.erase": {
    params: UserEraseParams;
    result: Erasure;
    refusal: "invalid_params" | "code_gone" | "wrong_code" | "wrong_password" | "not_found" | "last_admin" | "sole_owner" | "rate_limited" | "internal" | "unauthenticated" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Your order that waits; null when there is none. */
  "user.erasure": {
    params: UserErasureParams;
    result: OwnErasure;
    refusal: "internal" | "invalid_params" | "unauthenticated" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** The newest orders of a state, with what had to stay of each: ids only. For those with `privacy`. */
  "user.erasures": {
    params: UserErasuresParams;
    result: Erasure[];
    refusal: "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /**
   * Ask for everything that is kept of you. You are told when it is ready (`export.ready`), mostly within a minute.
   *
   * While one is being made, this answers that one. Three a day.
   */
  "user.export": {
    params: UserExportParams;
    result: Export;
    refusal: "fact_due" | "not_found" | "internal" | "invalid_params" | "unauthenticated" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** One part of your export, counted from 1. Each is at most 32 KiB of the document's bytes. */
  "user.export_part": {
    params: UserExportPartParams;
    result: ExportPart;
    refusal: "fact_due" | "not_found" | "internal" | "invalid_params" | "unauthenticated" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Your exports, newest first; at most ten. */
  "user.exports": {
    params: UserExportsParams;
    result: Export[];
    refusal: "internal" | "invalid_params" | "unauthenticated" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** One account. One's own is `profile.get`. */
  "user.get": {
    params: UserGetParams;
    result: UserView;
    refusal: "not_found" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Accounts by name. `user_type`: who holds this capacity, be it pending. Deleted ones are not listed. */
  "user.list": {
    params: UserListParams;
    result: PageOfUserView;
    refusal: "invalid_params" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Take your order for erasure back. Doing so needs no proof beyond being logged in. */
  "user.undo_erasure": {
    params: UserUndoErasureParams;
    result: Erasure;
    refusal: "nothing_to_undo" | "internal" | "invalid_params" | "unauthenticated" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Correct a name or language, or activate or deactivate; what is left out stays. No capacities are given here. */
  "user.update": {
    params: UserUpdateParams;
    result: UserView;
    refusal: "not_found" | "last_admin" | "not_oneself" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Say that these very facts are proved. For administrators with `verify`, and never about oneself. */
  "verification.approve": {
    params: VerificationApproveParams;
    result: CaseView;
    refusal: "forbidden" | "own_verification" | "not_found" | "facts_changed" | "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** A case with its facts, papers and steps, for the applicant's side and administrators with `verify`. */
  "verification.get": {
    params: VerificationGetParams;
    result: CaseDetail;
    refusal: "not_found" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Cases, the oldest first: all of them for administrators with `verify`, one's own for everybody else. */
  "verification.list": {
    params: VerificationListParams;
    result: PageOfCaseView;
    refusal: "invalid_params" | "internal" | "unauthenticated" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Say that they are not, and why; the applicant may submit again. */
  "verification.reject": {
    params: VerificationRejectParams;
    result: CaseView;
    refusal: "forbidden" | "own_verification" | "not_found" | "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** What stands of a case's doctor or place: sittings that are not over, with their tokens, and appointments. */
  "verification.standing": {
    params: VerificationStandingParams;
    result: Standing;
    refusal: "forbidden" | "not_found" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Ask for the verification of yourself or of a place of yours, with papers; also again after a no. The facts are those of the entry as it is now. */
  "verification.submit": {
    params: VerificationSubmitParams;
    result: CaseView;
    refusal: "invalid_params" | "not_found" | "facts_missing" | "illegal_move" | "internal" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Take an approval back: live sessions pause, nothing new is booked, and you hear what stands. */
  "verification.withdraw": {
    params: VerificationWithdrawParams;
    result: Standing;
    refusal: "forbidden" | "own_verification" | "not_found" | "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Wait for a seat of this doctor on one of these days. What becomes free is held for who has waited longest, and told on `appointments:{patient_id}` at once; who lets it pass waits no more. */
  "waitlist.join": {
    params: WaitlistJoinParams;
    result: Wait;
    refusal: "invalid_params" | "not_found" | "already_waiting" | "too_many_waits" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Wait no more. A seat that is held for her goes to who waits next. */
  "waitlist.leave": {
    params: WaitlistLeaveParams;
    result: Wait;
    refusal: "not_found" | "illegal_move" | "internal" | "invalid_params" | "unauthenticated" | "forbidden" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Who waits: one's own patients; with `doctor_id` (and `place_id`) all who wait for her there, longest first, for her and the desk. */
  "waitlist.list": {
    params: WaitlistListParams;
    result: PageOfWait;
    refusal: "invalid_params" | "not_found" | "internal" | "unauthenticated" | "forbidden" | "terms_due" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Add an entry. */
  "website.create": {
    params: WebsiteCreateParams;
    result: WebsiteView;
    refusal: "forbidden" | "not_found" | "conflict" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** Remove an entry; `conflict` while something refers to it. */
  "website.delete": {
    params: WebsiteDeleteParams;
    result: null;
    refusal: "forbidden" | "not_found" | "conflict" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
  /** One entry. */
  "website.get": {
    params: WebsiteGetParams;
    result: WebsiteView;
    refusal: "not_found" | "internal" | "invalid_params" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Entries by slug; `count` asks how many there are as well, whatever the page. */
  "website.list": {
    params: WebsiteListParams;
    result: PageOfWebsiteView;
    refusal: "invalid_params" | "internal" | "rate_limited" | "busy" | "overloaded" | "unavailable";
  };
  /** Change an entry; what is not given stays. */
  "website.update": {
    params: WebsiteUpdateParams;
    result: WebsiteView;
    refusal: "forbidden" | "not_found" | "conflict" | "internal" | "invalid_params" | "unauthenticated" | "terms_due" | "in_flight" | "key_conflict" | "key_expired" | "rate_limited" | "busy" | "outcome_unknown" | "overloaded" | "unavailable";
  };
}

/** Everything that can be heard, by the topic's first word. */
export interface Topics {
  /** One's own profile. */
  "account": {
    topic: `account:${string}`;
    snapshot: Profile;
    events: {
      "profile:updated": ProfileUpdated;
    };
  };
  /** One day of one doctor at one place (its id; `video` for what is from anywhere), with the patients' names: for the doctor and the desk. A desk follows one for each of its doctors, in one batch. */
  "agenda": {
    topic: `agenda:${string}:${string}:${string}`;
    snapshot: Agenda;
    events: {
      "appointment:cancelled": AgendaCancelled;
      "appointment:created": AgendaCreated;
      "appointment:updated": AgendaUpdated;
    };
  };
  /** What is to come of one patient's appointments, and the seats that are held for her; for who acts for her. */
  "appointments": {
    topic: `appointments:${string}`;
    snapshot: PatientHome;
    events: {
      "appointment:cancelled": AppointmentCancelled;
      "appointment:created": AppointmentCreated;
      "appointment:updated": AppointmentUpdated;
      "hold:updated": HoldUpdated;
    };
  };
  /** Conditions, blood group and whom to call in an emergency. */
  "background": {
    topic: `background:${string}`;
    snapshot: Background;
    events: {
      "background:changed": BackgroundChanged;
    };
  };
  /** What a display needs to know about itself, and which lines it shows. */
  "board": {
    topic: `board:${string}`;
    snapshot: BoardSnapshot;
    events: {
      "board:updated": QueueBoardUpdated;
    };
  };
  /** A public catalogue: how many entries it has, then every change. */
  "catalogue": {
    topic: `catalogue:${string}`;
    snapshot: Catalogue;
    events: {
      "catalogue:changed": CatalogueChanged;
    };
  };
  /** A thread as it stands, with its latest messages. */
  "chat": {
    topic: `chat:${string}`;
    snapshot: Chat;
    events: {
      "chat:message": ChatMessage;
      "chat:read": ChatRead;
      "chat:state": ChatState;
    };
  };
  /** One visit as its doctor wrote it so far. */
  "consultation": {
    topic: `consultation:${string}`;
    snapshot: Consultation;
    events: {
      "consultation:updated": ConsultationUpdated;
    };
  };
  /** The counters of a place as they are now. */
  "counters": {
    topic: `counters:${string}`;
    snapshot: Counts;
    events: {
      "counter:changed": CounterChanged;
    };
  };
  /** The unread threads of a place with its patients. */
  "desk_inbox": {
    topic: `desk_inbox:${string}`;
    snapshot: Inbox;
    events: {
      "desk_inbox:changed": DeskInboxChanged;
    };
  };
  /** One's own unread threads: of everybody one acts for, and as the doctor one is. */
  "inbox": {
    topic: `inbox:${string}`;
    snapshot: Inbox;
    events: {
      "inbox:changed": InboxChanged;
    };
  };
  /** What a laboratory has to do; whose test it is tells `lab_test.get`. */
  "lab_desk": {
    topic: `lab_desk:${string}`;
    snapshot: LabBoard;
    events: {
      "lab_test:updated": LabBoardUpdated;
    };
  };
  /** A patient's tests and reports: what is asked, how far it is, what was found; also of records merged into hers. */
  "lab_reports": {
    topic: `lab_reports:${string}`;
    snapshot: LabFile;
    events: {
      "lab_report:created": LabReportCreated;
      "lab_report:listed": LabReportsListed;
      "lab_report:updated": LabReportUpdated;
      "lab_test:updated": LabTestUpdated;
    };
  };
  /** Letters of a channel that did not arrive. */
  "letters": {
    topic: `letters:${string}`;
    snapshot: Failures;
    events: {
      "letter:failed": LetterFailed;
    };
  };
  /** The line without names, for holders of an active token and displays: numbers, states, rooms, expected times. */
  "line": {
    topic: `line:${string}`;
    snapshot: LineSnapshot;
    events: {
      "queue:updated": LineUpdated;
    };
  };
  /** A patient's records; what her side hides it finds with `medical_record.list {hidden: true}`. */
  "medical_records": {
    topic: `medical_records:${string}`;
    snapshot: MedicalRecords;
    events: {
      "medical_record:created": MedicalRecordCreated;
      "medical_record:deleted": MedicalRecordDeleted;
      "medical_record:updated": MedicalRecordUpdated;
    };
  };
  /** One's own notifications: how many are unread, and the newest. */
  "notifications": {
    topic: `notifications:${string}`;
    snapshot: Notifications;
    events: {
      "notification:deleted": NotificationDeleted;
      "notification:new": NotificationNew;
      "notification:read": NotificationRead;
    };
  };
  /** What a hospital offers. */
  "offers": {
    topic: `offers:${string}`;
    snapshot: Offers;
    events: {
      "hospital:treatments:changed": OfferChanged;
    };
  };
  /** An order as it stands. */
  "order": {
    topic: `order:${string}`;
    snapshot: OrderView;
    events: {
      "order:confirmed": OrderConfirmed;
      "order:created": OrderCreated;
      "order:status:updated": OrderStatusUpdated;
    };
  };
  /** The open orders of a place. */
  "orders_at": {
    topic: `orders_at:${string}`;
    snapshot: OrderBoard;
    events: {
      "order:confirmed": OrderBoardConfirmed;
      "order:created": OrderBoardCreated;
      "order:status:updated": OrderBoardUpdated;
    };
  };
  /** What this account has paid online, or is about to. */
  "payments": {
    topic: `payments:${string}`;
    snapshot: Payments;
    events: {
      "payment:updated": PaymentUpdated;
    };
  };
  /** What was prescribed to her, and how much of it is left. */
  "prescriptions": {
    topic: `prescriptions:${string}`;
    snapshot: Prescriptions;
    events: {
      "prescription:created": PrescriptionCreated;
      "prescription:listed": PrescriptionsListed;
      "prescription:updated": PrescriptionUpdated;
    };
  };
  /** The whole line with names, for the desk and the doctor. Who waits is called in ascending `place`. */
  "queue": {
    topic: `queue:${string}`;
    snapshot: QueueSnapshot;
    events: {
      "queue:updated": QueueUpdated;
    };
  };
  /** The open and confirmed bills this place is on, its own part of each. */
  "quotes": {
    topic: `quotes:${string}`;
    snapshot: Quotes;
    events: {
      "request:confirmed": QuoteConfirmed;
      "request:responded": QuoteResponded;
      "request:updated": QuoteUpdated;
    };
  };
  /** What is to be handed back at this counter. */
  "refunds": {
    topic: `refunds:${string}`;
    snapshot: Refunds;
    events: {
      "refund:due": PaymentRefundDue;
      "refund:handed": RefundHanded;
    };
  };
  /** A request as it stands. */
  "request": {
    topic: `request:${string}`;
    snapshot: RequestView;
    events: {
      "request:accepted": RequestAccepted;
      "request:confirmed": RequestConfirmed;
      "request:created": RequestCreated;
      "request:responded": RequestResponded;
      "request:updated": RequestUpdated;
    };
  };
  /** The open requests whose id ends with this digit. */
  "requests": {
    topic: `requests:${string}`;
    snapshot: RequestBoard;
    events: {
      "request:accepted": BoardAccepted;
      "request:confirmed": RequestBoardConfirmed;
      "request:created": RequestBoardCreated;
      "request:responded": BoardResponded;
      "request:updated": RequestBoardUpdated;
    };
  };
  /** What a doctor offers on this day, each slot on its own clock, and how many seats of it are free. No names. */
  "slots": {
    topic: `slots:${string}:${string}`;
    snapshot: FreeSlots;
    events: {
      "slots:reset": SlotsReset;
      "slots:updated": SlotsUpdated;
    };
  };
  /** What a pharmacy has now, article by article, for its owner, managers and pharmacists. */
  "stock": {
    topic: `stock:${string}`;
    snapshot: Stock;
    events: {
      "stock:updated": StockUpdated;
    };
  };
  /** Allergies and current medicines, who noted them and when. */
  "summary": {
    topic: `summary:${string}`;
    snapshot: CareSummary;
    events: {
      "summary:changed": SummaryChanged;
    };
  };
  /** What has happened to one token, for whoever acts for its patient. Its place and expected time are on `line:`. */
  "token": {
    topic: `token:${string}`;
    snapshot: TokenFact;
    events: {
      "token:updated": TokenUpdated;
    };
  };
  /** Who is writing now. Nothing of it is kept, so a newcomer begins with nobody and hears within some seconds. */
  "typing": {
    topic: `typing:${string}`;
    snapshot: Typing;
    events: {
      "chat:typing": ChatTyping;
    };
  };
  /** One's own uploads of the last hour. */
  "uploads": {
    topic: `uploads:${string}`;
    snapshot: Uploads;
    events: {
      "upload:progress": UploadProgress;
    };
  };
  /** A case as it stands. */
  "verification": {
    topic: `verification:${string}`;
    snapshot: CaseView;
    events: {
      "verification:updated": VerificationUpdated;
    };
  };
  /** How many cases of this kind wait. */
  "verification_queue": {
    topic: `verification_queue:${string}`;
    snapshot: channels_verification_events_Waiting;
    events: {
      "verification:waiting": VerificationWaiting;
    };
  };
}

/** What the server says of the connection itself. */
export interface Notices {
  "auth:expiring": Expiring;
  "socket:moving": Moving;
  "socket:welcome": Welcome;
  "topic:ended": TopicEnded;
  "topic:resync": TopicResync;
}

/** Whom a review of a visit is about. */
export type About = "doctor" | "place" | "both";

/** One's own word: which version, in which language, since when, and until when if it was taken back. */
export interface Acceptance {
  kind: TermsKind;
  version: number;
  locale: string;
  accepted_at: string;
  withdrawn_at: string | null;
}

/** A version that was read in a language, and is agreed to. */
export interface Accepts {
  kind: TermsKind;
  version: number;
  locale?: string;
}

/** One look at a patient's data. `right`: `own`, `guardian`, `relationship`, `consent` or `break_glass`. `by` is the name of the doctor, or of who acts for her; of others who work at a place the place alone is named. `yours`: it was you. */
export interface AccessView {
  id: string;
  at: string;
  record: string;
  right: string;
  yours: boolean;
  by: string | null;
  doctor_id: string | null;
  place_id: string | null;
  place: string | null;
}

/** Whether somebody can log in. */
export type AccountState = "active" | "deactivated" | "deleted";

/** Whose login it is. `pending` capacities wait for verification and open nothing yet. */
export interface AccountView {
  id: string;
  name: string;
  capacities: Capacity[];
  pending: Capacity[];
  locale: string;
}

export interface ActivityListParams {
  actor_id?: string | null;
  noun?: string | null;
  subject_id?: string | null;
  command?: string | null;
  kind?: AuditKind | null;
  since?: string | null;
  until?: string | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
}

/** One thing that was done or refused, in ids: whose they are, `user.get` and its like say to who may know. `actor_id` is null where nobody was logged in. `why` is the right a look was taken by, `reason` the refusal's word, `times` how often it was refused in a row. */
export interface ActivityView {
  id: string;
  at: string;
  kind: AuditKind;
  actor_id: string | null;
  login_id: string | null;
  command: string;
  noun: string | null;
  subject_id: string | null;
  patient_id: string | null;
  why: string | null;
  reason: string | null;
  times: number;
}

/** What was added after the end. */
export interface Addendum {
  id: string;
  text: string;
  written_at: string;
}

/** Why stock was adjusted. Only a count may find more than the books say. */
export type AdjustReason = "counted" | "damaged" | "lost" | "recalled" | "sent_back" | "unfit";

export interface AdminChangeScopesParams {
  user_id: string;
  /** Everything she may from then on */
  wanted: Scope[];
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface AdminConfirmParams {
  request_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** The platform at the moment `at`. `accounts` are active ones that hold each capacity actively; `places` those that are not closed, by kind and approval. `appointments` and `tokens` are today's, each on its own clock; `requests`, `orders` and `reviews` are all there are. `verifications` wait for a decision, by kind. No revenue: that comes with money. */
export interface AdminDashboard {
  at: string;
  accounts: number;
  capacities: { [key: string]: number };
  patients: number;
  places: { [key: string]: { [key: string]: number } };
  appointments: { [key: string]: number };
  tokens: { [key: string]: number };
  requests: { [key: string]: number };
  orders: { [key: string]: number };
  reviews: { [key: string]: number };
  verifications: { [key: string]: number };
}

export interface AdminRefuseParams {
  request_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** Something that waits for a second administrator. `user_id` and `scopes` or `changes` say what it is. */
export interface AdminRequest {
  id: string;
  kind: AdminRequestKind;
  user_id: string | null;
  scopes: Scope[];
  changes: SettingsChange | null;
  asked_by: string;
  asked_at: string;
  expires_at: string;
}

/** What one administrator asks for and another confirms. */
export type AdminRequestKind = "make_admin" | "change_scopes" | "change_settings";

export interface AdminRequestsParams { [key: string]: never }

export interface AdminScopesParams {
  user_id?: string | null;
}

export interface AffiliationAcceptParams {
  affiliation_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface AffiliationDeclineParams {
  affiliation_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface AffiliationEndParams {
  affiliation_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface AffiliationListParams {
  place_id?: string | null;
}

export interface AffiliationOfferParams {
  doctor_id: string;
  place_id?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** An offer counts only once the doctor has accepted it. */
export type AffiliationState = "offered" | "accepted" | "declined" | "withdrawn" | "ended";

/** Whether a doctor works at a place. It counts from `since`, when she accepted, until `until`. */
export interface AffiliationView {
  id: string;
  doctor_id: string;
  place_id: string;
  state: AffiliationState;
  offered_at: string;
  since: string | null;
  until: string | null;
  department: string | null;
  is_primary: boolean;
}

/** One day of one doctor at one place: everything that was not cancelled, the earliest first. */
export interface Agenda {
  doctor_id: string;
  place_id: string | null;
  day: string;
  appointments: NamedVisit[];
}

/** An appointment of this day was cancelled: by whom and why. */
export interface AgendaCancelled {
  doctor_id: string;
  place: string;
  day: string;
  appointment: NamedVisit;
}

/** Somebody has an appointment on this day. */
export interface AgendaCreated {
  doctor_id: string;
  place: string;
  day: string;
  appointment: NamedVisit;
}

/** An appointment of this day is in another state, at another time, or paid. Its `day` is where it is now. */
export interface AgendaUpdated {
  doctor_id: string;
  place: string;
  day: string;
  appointment: NamedVisit;
}

/** What the look at the patient's allergies found, and how far it saw. Compared by their words alone were `name_only`, lines of which a part is in no class that the table knows, and `entries_by_name`, allergies that name nothing it knows. */
export interface AllergyLook {
  outcome: AllergyOutcome;
  matches: AllergyMatch[];
  name_only: string[];
  entries_by_name: string[];
}

/** A line that met an entry of the patient's allergies. */
export interface AllergyMatch {
  line_id: string;
  entry_id: string;
  by: MatchedBy;
}

/** What the look at the patient's allergies found. */
export type AllergyOutcome = "clear" | "unknown" | "related" | "matched" | "not_recorded" | "unreadable";

/** Why it is issued all the same. It names what it overrides: what was found since is not overridden by it. */
export interface AllergyOverride {
  outcome: AllergyOutcome;
  reason: string;
  /** Entries of the patient's summary */
  entries?: string[];
}

/** One thing that is measured: a number with a unit and ranges, or a word out of `options`. */
export interface Analyte {
  /** A short code, e.g. `HBA1C` */
  code: string;
  /** A person's or thing's name as people write it */
  name: string;
  unit?: string | null;
  ranges?: Range[];
  /** Not empty: the result is one of these words. */
  options?: string[];
  /** Those of the options that are normal. */
  expected?: string[];
  /** Those on which somebody has to act at once. */
  critical?: string[];
}

/** The money counts for the thing. */
export interface Applied {
  outcome?: "applied";
}

export interface AppointmentBookParams {
  hold_id?: string | null;
  doctor_id?: string | null;
  starts_at?: string | null;
  mode?: CalendarMode | null;
  place_id?: string | null;
  patient_id?: string | null;
  patient?: Stranger | null;
  payment?: CalendarPaymentMode | null;
  complaint?: string | null;
  follow_up_of?: string | null;
  override_id?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface AppointmentCancelParams {
  appointment_id: string;
  reason: AppointmentCancelReason;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** Why somebody cancels. A closed list: both sides read it, so nobody has to tell a desk what she has. */
export type AppointmentCancelReason = "cannot_come" | "not_needed" | "elsewhere" | "doctor_unavailable" | "emergency" | "place_closed" | "other";

/** An appointment of this patient was cancelled: by whom, why, and what goes back of what was paid. */
export interface AppointmentCancelled {
  patient_id: string;
  appointment: Visit;
}

export interface AppointmentCheckInParams {
  appointment_id: string;
  code?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface AppointmentConfirmParams {
  appointment_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** An appointment was made for this patient. */
export interface AppointmentCreated {
  patient_id: string;
  appointment: Visit;
}

/** Why an appointment was cancelled: by somebody, or by what happened. */
export type AppointmentEndReason = "cannot_come" | "not_needed" | "elsewhere" | "doctor_unavailable" | "emergency" | "place_closed" | "other" | "unpaid" | "not_confirmed" | "session_ended" | "left_the_line";

export interface AppointmentGetParams {
  appointment_id: string;
}

export interface AppointmentGrantOverrideParams {
  doctor_id: string;
  starts_at: string;
  mode: CalendarMode;
  /** One line of text */
  reason: string;
  place_id?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface AppointmentHoldParams {
  doctor_id: string;
  starts_at: string;
  mode: CalendarMode;
  place_id?: string | null;
  patient_id?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** Where a hold stands. */
export type AppointmentHoldState = "standing" | "booked" | "released" | "expired";

export interface AppointmentListParams {
  patient_id?: string | null;
  doctor_id?: string | null;
  place_id?: string | null;
  state?: AppointmentState | null;
  day?: string | null;
  /** what is still to come, the earliest first; false: what is over, the latest first. By default the latest first. `number` is what people call it by. */
  upcoming?: boolean | null;
  number?: string | null;
  /** only what is to come and lies in none of its doctor's hours any more, because they became others. */
  outside?: boolean;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
}

export interface AppointmentNoShowParams {
  appointment_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface AppointmentReleaseParams {
  hold_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface AppointmentRescheduleParams {
  appointment_id: string;
  starts_at: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface AppointmentSetStatusParams {
  appointment_id: string;
  state: AppointmentState;
  reason?: AppointmentCancelReason | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** Who acts on an appointment. */
export type AppointmentSide = "patient" | "doctor" | "desk" | "admin" | "system";

/** Where an appointment stands. */
export type AppointmentState = "requested" | "booked" | "appointment_confirmed" | "awaiting_consultation" | "consultation_in_progress" | "prescription_provided" | "follow_up_scheduled" | "consultation_completed" | "cancelled" | "no_show";

export interface AppointmentTermsGetParams {
  doctor_id: string;
  mode: CalendarMode;
  place_id?: string | null;
}

export interface AppointmentTermsOwnParams {
  place_id?: string | null;
}

export interface AppointmentTermsSetParams {
  place_id?: string | null;
  needs_confirmation?: boolean;
  refund?: RefundStep[] | null;
  hold_minutes?: number | null;
  request_minutes?: number | null;
  /** How long before it begins a visit can be booked */
  lead_minutes?: number;
  /** How far ahead a visit can be booked */
  horizon_days?: number;
  /** How long after a paid visit coming back is free */
  revisit_days?: number;
  /** How often coming back is free */
  revisit_visits?: number;
  payment_modes?: CalendarPaymentMode[] | null;
  reminder_minutes?: number[] | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface AppointmentUndoNoShowParams {
  appointment_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface AppointmentUpdateParams {
  appointment_id: string;
  complaint?: string | null;
  notes?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** An appointment of this patient is in another state, at another time, paid, or says something else. */
export interface AppointmentUpdated {
  patient_id: string;
  appointment: Visit;
}

export interface AppointmentVideoCallParams {
  appointment_id: string;
}

/** Whether a place's papers were looked at; only an approved one is found by everybody. */
export type Approval = "pending" | "approved" | "rejected" | "withdrawn";

/** What the QR code on the wall holds. */
export interface ArrivalCode {
  place_id: string;
  code: string;
  since: string;
}

/** An article's stock in packs, and the day on which the first of it expires. */
export interface ArticleStock {
  medicine_id: string;
  name: string;
  form: DosageForm;
  strength: string | null;
  price: Money;
  physical: number;
  held: number;
  low: boolean;
  expires_first: string | null;
}

/** Where and when a code was asked for: the approver compares it with the screen she looks at. */
export interface Asking {
  network: string | null;
  asked_at: string;
  expires_at: string;
}

/** What an entry records. */
export type AuditKind = "write" | "read" | "login" | "logout" | "refusal";

export interface AuthAuthenticateParams {
  /** A token or password; never logged */
  access_token: string;
}

export interface AuthDevicesParams { [key: string]: never }

export interface AuthForgotPasswordParams {
  email: string;
}

export interface AuthLoginParams {
  email: string;
  password: string;
  device?: string | null;
}

export interface AuthLogoutParams {
  all?: boolean;
  login_id?: string | null;
}

export interface AuthOtpSendParams {
  /** A telephone number, best in E.164 */
  phone: string;
  locale?: string;
  device?: string | null;
}

export interface AuthOtpVerifyParams {
  /** A telephone number, best in E.164 */
  phone: string;
  /** The six digits of the message */
  code: string;
  device?: string | null;
  name?: string | null;
  registration?: string | null;
  locale?: string;
}

export interface AuthRefreshParams {
  /** A token or password; never logged */
  refresh_token: string;
}

export interface AuthRegisterParams {
  /** what the account is for; more capacities can be added to it later. */
  user_type: "doctor" | "laboratory" | "patient" | "pharmacy";
  /** A person's or thing's name as people write it */
  name: string;
  /** A telephone number, best in E.164 */
  phone: string;
  email?: string | null;
  password?: string | null;
  locale?: string;
  device?: string | null;
  /** the terms and privacy notice (`terms.current`) that were read and are agreed to; they count once the account is made. */
  accepts?: Accepts[] | null;
}

export interface AuthResendVerificationParams { [key: string]: never }

export interface AuthResetPasswordParams {
  /** A token or password; never logged */
  token: string;
  /** At least 8 characters; never logged */
  password: string;
}

export interface AuthTellFactParams {
  /** The holder's year of birth */
  answer: string;
}

export interface AuthUndoChangeParams {
  /** A token or password; never logged */
  token: string;
}

export interface AuthVerifyEmailParams {
  /** A token or password; never logged */
  token: string;
}

/** Whose socket this is now. `account` is null for a display. */
export interface Authenticated {
  actor_id: string;
  login_id: string;
  capacities: Capacity[];
  access_expires_at: string;
  account: AccountView | null;
  /** The known fact that this login tells before it reads clinical data (`auth.tell_fact`). */
  fact_due: Fact | null;
  /** What the account has still to accept (`terms.accept`), and from when on it does nothing else. */
  terms_due: IdentityOwed[];
}

/** As whom somebody writes. */
export type Author = "patient" | "guardian" | "doctor" | "desk";

/** What everybody may know of a pharmacy's stock: never how many. */
export type Availability = "available" | "few" | "none";

/** The tokens entered, and the numbers that were jumped over. */
export interface Backfilled {
  tokens: DeskView[];
  void: number[];
}

/** What is opened by consent only: conditions, blood group, and whom to call. */
export interface Background {
  patient_id: string;
  conditions: Entry[];
  blood_group: BloodGroup | null;
  emergency_name: string | null;
  emergency_phone: string | null;
}

/** Something of the background changed; this is all of it as it is now. */
export interface BackgroundChanged {
  patient_id: string;
  background: Background;
}

export interface BackgroundGetParams {
  patient_id?: string | null;
}

export interface BackgroundUpdateParams {
  patient_id?: string | null;
  blood_group?: BloodGroup | null;
  emergency_name?: string | null;
  emergency_phone?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** What becomes of it. */
export type Becomes = "completed" | "processing" | "failed";

/** One thing a provider offers. `replaces`: what it stands for instead; it needs her consent. `price_reason`: why the price is not that of the provider's catalogue. */
export interface BillLineView {
  id: string;
  request_line_id: string | null;
  item_id: string | null;
  name: string;
  schedule: string | null;
  quantity: number;
  unit_price: Money;
  price_reason: string | null;
  replaces: string | null;
}

/** What became of a bill. */
export type BillState = "open" | "superseded" | "withdrawn" | "expired" | "dropped" | "confirmed";

/** An offer, open until `valid_until`; what was in stock is kept for her until then. */
export interface BillView {
  id: string;
  version: number;
  state: BillState;
  total: Money;
  message: string | null;
  valid_until: string;
  substitutes: boolean;
  made_at: string;
  parts: PartView[];
}

/** ABO and Rhesus. */
export type BloodGroup = "A+" | "A-" | "B+" | "B-" | "AB+" | "AB-" | "O+" | "O-";

/** A coordinator has it in hand, or has taken it over. */
export interface BoardAccepted {
  bucket: string;
  request: RequestSummary;
  /** What is shown last now, where a longer list than the board shows lost one. */
  moved_up: RequestSummary[];
}

/** It was answered with a bill. */
export interface BoardResponded {
  bucket: string;
  request: RequestSummary;
  /** What is shown last now, where a longer list than the board shows lost one. */
  moved_up: RequestSummary[];
}

/** A session that a display shows; its line is the topic `line:{session_id}`. */
export interface BoardSession {
  session_id: string;
  doctor: string;
  specialty: string | null;
  room_id: string | null;
  room: string | null;
  starts_at: string;
  ends_at: string;
  zone: string;
}

/** What a display needs to know about itself: is it approved, and which lines does it show today and tomorrow. */
export interface BoardSnapshot {
  display_id: string;
  state: DisplayState;
  /** What the staff call this screen. */
  label: string | null;
  place: string | null;
  zone: string | null;
  /** Until when the pairing code of a pending display is good; the code itself only `display.pair` tells. */
  code_expires_at: string | null;
  sessions: BoardSession[];
}

/** A test as the laboratory's board shows it: what to do and when, and nobody's name. */
export interface BoardTest {
  id: string;
  number: string;
  code: string;
  name: string;
  state: LabTestState;
  mode: LabMode | null;
  planned_at: string | null;
  planned_until: string | null;
  draws: number;
  asked_at: string;
}

/** A token as the waiting room sees it: a number, never a name. */
export interface BoardToken {
  number: number;
  state: TokenState;
  place: number | null;
  called_at: string | null;
  announced_at: string | null;
  calls: number;
  room_id: string | null;
  room: string | null;
}

export interface BreakGlassEndParams {
  break_glass_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface BreakGlassListParams {
  reviewed?: boolean | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
}

export interface BreakGlassOpenParams {
  patient_id: string;
  place_id: string;
  /** Why the patient cannot be asked */
  reason: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface BreakGlassReviewParams {
  break_glass_id: string;
  justified: boolean;
  /** One line of text */
  note: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** How a doctor and her patient meet. */
export type CalendarMode = "in_person" | "teleconsult";

/** How a visit is paid (PRODUCT 23). */
export type CalendarPaymentMode = "online" | "counter" | "free";

/** A doctor's week, and the occasions that come of it on the days asked for; `zone` is her own. */
export interface CalendarSchedule {
  doctor_id: string;
  zone: string;
  weekly: CalendarWindow[];
  leave: Leave[];
  extra: Extra[];
  occasions: Occasion[];
}

/** When a doctor is there every week: on the clock of its place, without a place on her own. */
export interface CalendarWindow {
  /** 1 is Monday (ISO) */
  weekday: number;
  opens: string;
  closes: string;
  place_id?: string | null;
  mode?: CalendarMode | null;
  /** How long a visit is */
  slot_minutes?: number;
  /** How long the pause behind each visit is */
  buffer_minutes?: number;
  /** How many patients can book the same slot */
  capacity?: number;
}

/** How the patient agreed to a consultation by video (Telemedicine Practice Guidelines 2020, 3.4; counsel). */
export type CallConsent = "implied" | "explicit";

/** What a principal may be; the coarse gate of every command. */
export type Capacity = "patient" | "doctor" | "staff" | "pharmacy" | "laboratory" | "hospital_admin" | "admin" | "display";

/** A medicine in a list, and how much of it is left. */
export interface CardLine {
  line_id: string;
  medicine: string;
  quantity: number;
  spent: number;
}

/** A code is on its way to the patient's number. A relationship that stands is renewed by it. */
export interface CareAsked {
  id: string;
  state: RelationState;
  expires_at: string;
  resend_after_s: number;
}

/** How a medicine may be given away (Drugs Rules 1945; counsel). Only `otc` needs no prescription. */
export type CareSchedule = "otc" | "h" | "h1" | "x" | "narcotic";

/** What everybody who treats her must know; records that were merged into hers count. */
export interface CareSummary {
  patient_id: string;
  allergies: Entry[];
  /** When somebody was asked and there were none. Null with an empty list: nobody has been asked. */
  no_allergies_at: string | null;
  medicines: Entry[];
}

/** Whose patients are asked for. */
export type CareWhose = "family" | "doctor" | "place" | "all";

/** A case with the facts as they are now, those that were approved last, its papers and its steps. */
export interface CaseDetail {
  case: CaseView;
  facts: { [key: string]: unknown };
  facts_hash: string;
  approved_facts: { [key: string]: unknown } | null;
  documents: MediaView[];
  steps: VerificationStepView[];
}

/** Where a case stands. `reason` says why it was rejected or withdrawn; `revision` counts its steps. */
export interface CaseView {
  id: string;
  kind: VerificationKind;
  subject: Subject;
  subject_id: string;
  state: Approval;
  revision: number;
  submitted_at: string | null;
  decided_at: string | null;
  reason: string | null;
}

/** A catalogue as its followers first see it; the entries come page by page from `{noun}.list`. `total` is null where the catalogue does not count. */
export interface Catalogue {
  noun: string;
  total: number | null;
}

/** An entry of a catalogue was created, updated or deleted for the public; `total` is how many there are now (null where the catalogue does not count). Texts are in the catalogue's own language; ask `{noun}.get` for another. */
export interface CatalogueChanged {
  noun: string;
  /** What happened to the entry; `entry` is null once it is deleted. */
  change: "created" | "deleted" | "updated";
  id: string;
  entry: unknown;
  total: number | null;
}

/** A test that a laboratory offers. */
export interface CatalogueTest {
  lab_catalog_id: string;
  code: string;
  name: string;
  category: string | null;
  price: Money;
  turnaround_hours: number;
  home_collection: boolean;
  is_available: boolean;
}

/** A thread and its latest messages, the oldest of them first. `doctor_id` is null where it is with the place. While `open` it closes at `closes_at`, unless a visit or an order comes. Each side has read up to a message's number. `emergency` is to stand at the top, by language. */
export interface Chat {
  thread_id: string;
  patient_id: string;
  doctor_id: string | null;
  place_id: string;
  state: ThreadState;
  closes_at: string | null;
  patient_read: number;
  provider_read: number;
  messages: MessageView[];
  emergency: { [key: string]: string };
}

export interface ChatCloseParams {
  thread_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface ChatGetParams {
  thread_id?: string | null;
  message_id?: string | null;
}

export interface ChatHistoryParams {
  thread_id: string;
  /** How many messages at most */
  limit?: number;
  cursor?: string | null;
}

export interface ChatListParams {
  whose?: ChatWhose;
  /** only hers. A page may be shorter than asked for; the last one has no cursor. */
  patient_id?: string | null;
  place_id?: string | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
}

/** Something was said. */
export interface ChatMessage {
  thread_id: string;
  message: MessageView;
}

export interface ChatOpenParams {
  patient_id: string;
  place_id: string;
  doctor_id?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** A side has read up to the message with this number. */
export interface ChatRead {
  thread_id: string;
  side: ChatSide;
  seq: number;
}

export interface ChatReadParams {
  thread_id: string;
  /** A message's number in its thread */
  seq: number;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface ChatSendParams {
  thread_id: string;
  /** What is said; may be empty beside files */
  text?: string;
  media_ids?: string[] | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** A thread has two sides; each has one read mark, whoever of it has read. */
export type ChatSide = "patient" | "provider";

/** It opened again, stays open longer, or closed. `closes_at` is null when it is not open. */
export interface ChatState {
  thread_id: string;
  state: ThreadState;
  closes_at: string | null;
}

/** Somebody is writing, until then unless she says so again; null: she stopped. */
export interface ChatTyping {
  thread_id: string;
  author: Author;
  until: string | null;
}

export interface ChatTypingParams {
  thread_id: string;
  writing?: boolean;
}

/** Whose threads are asked for. */
export type ChatWhose = "family" | "doctor" | "place";

/** What the app pays with, in the gateway's own form: for who pays alone, and never in an address or a log. */
export interface Checkout {
  gateway: GatewayName;
  public_key: string;
  secret: string;
}

/** A record taken over. `into_id`: one's own record through which it is reached; null where one acts for it. */
export interface Claim {
  patient_id: string;
  into_id: string | null;
  claimed_at: string;
}

/** A record with one's own number. No name: numbers are recycled, and the claimer has to know whose it is. */
export interface Claimable {
  patient_id: string;
  place_id: string | null;
  created_at: string;
}

/** How a laboratory collects at home: windows of so many minutes, so many patients in each. */
export interface Collection {
  laboratory_id: string;
  minutes: number;
  capacity: number;
}

export interface ConsentGrantParams {
  /** What may be read */
  records: RecordType[];
  purpose: Purpose;
  until: string;
  patient_id?: string | null;
  doctor_id?: string | null;
  place_id?: string | null;
  since?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface ConsentListParams {
  patient_id?: string | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
}

export interface ConsentRevokeParams {
  consent_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface ConsentSeenByParams {
  patient_id?: string | null;
}

/** What a doctor, or the clinical staff of a place, may read of a patient, and until when unless revoked before. */
export interface ConsentView {
  id: string;
  patient_id: string;
  doctor_id: string | null;
  place_id: string | null;
  purpose: Purpose;
  records: RecordType[];
  since: string;
  until: string;
  granted_at: string;
  revoked_at: string | null;
}

/** One visit as its doctor wrote it. `version` counts the writings; name it to write the next one. */
export interface Consultation {
  id: string;
  patient_id: string;
  doctor_id: string;
  place_id: string | null;
  token_id: string | null;
  appointment_id: string | null;
  mode: CalendarMode;
  state: ConsultationState;
  version: number;
  symptoms: string | null;
  findings: string | null;
  vitals: Vitals | null;
  diagnosis: string | null;
  advice: string | null;
  follow_up_date: string | null;
  teleconsult: VideoVisit | null;
  started_at: string;
  ended_at: string | null;
  cancel_reason: string | null;
  addenda: Addendum[];
}

export interface ConsultationAddParams {
  consultation_id: string;
  text: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface ConsultationCancelParams {
  consultation_id: string;
  /** One line of text */
  reason: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** A consultation in a list: who, when and how far, and nothing of what was found. */
export interface ConsultationCard {
  id: string;
  patient_id: string;
  patient: string;
  doctor_id: string;
  doctor: string;
  place_id: string | null;
  place: string | null;
  mode: CalendarMode;
  state: ConsultationState;
  follow_up_date: string | null;
  started_at: string;
  ended_at: string | null;
}

export interface ConsultationFeeSetParams {
  mode: CalendarMode;
  fee: Money | null;
  place_id?: string | null;
  doctor_id?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface ConsultationGetParams {
  consultation_id: string;
}

export interface ConsultationListParams {
  whose?: ConsultationsOf;
  patient_id?: string | null;
  state?: ConsultationState | null;
  since?: string | null;
  until?: string | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
}

export interface ConsultationStartParams {
  token_id?: string | null;
  appointment_id?: string | null;
  /** how she agreed to it, and how you know who she is. */
  teleconsult?: VideoConfirmation | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** How far a consultation is. */
export type ConsultationState = "in_progress" | "completed" | "cancelled";

export interface ConsultationUpdateParams {
  consultation_id: string;
  version: number;
  symptoms?: string | null;
  findings?: string | null;
  vitals?: Vitals | null;
  diagnosis?: string | null;
  advice?: string | null;
  follow_up_date?: string | null;
  complete?: boolean;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** Something was written, or it began, ended or was added to; this is all of it as it is now. */
export interface ConsultationUpdated {
  consultation_id: string;
  consultation: Consultation;
}

/** Whose consultations are asked for. */
export type ConsultationsOf = "patient" | "doctor";

/** What is counted of a provider, by state; what is over is not. */
export type Counted = "orders" | "tests";

/** One counter is another; this is all of it. */
export interface CounterChanged {
  place_id: string;
  kind: Counted;
  counts: { [key: string]: number };
}

/** The counters of a place. */
export interface Counts {
  place_id: string;
  counts: { [key: string]: { [key: string]: number } };
}

/** A critical value that somebody has to acknowledge; until `due_at` before others are asked. */
export interface CriticalView {
  id: string;
  due_at: string;
  acknowledged_at: string | null;
}

/** Who is called or in the room. */
export interface CurrentToken {
  token_id: string;
  number: number | null;
  patient: string;
  room: string | null;
  state: TokenState;
}

export interface DashboardAdminParams { [key: string]: never }

export interface DashboardDoctorParams { [key: string]: never }

export interface DashboardDoctorTodayParams { [key: string]: never }

export interface DashboardHospitalParams {
  place_id?: string | null;
}

export interface DashboardLaboratoryParams {
  place_id?: string | null;
}

export interface DashboardPatientParams {
  patient_id?: string | null;
}

export interface DashboardPharmacyParams {
  place_id?: string | null;
}

/** A window of one day. One that closes at or before it opens closes on the next day. */
export interface DayOpening {
  opens: string;
  closes: string;
}

export interface DayTopicsParams { [key: string]: never }

/** The request is over. */
export interface Decided {
  id: string;
  /** Whether it has come true. */
  state: "confirmed" | "refused";
}

/** The account that is gone. Patients it acted for stay. */
export interface Deleted {
  id: string;
}

/** A thread of the place moved; this is all of it. With nothing unread it is off the list. */
export interface DeskInboxChanged {
  place_id: string;
  thread_id: string;
  entry: InboxEntry;
}

/** A token as the desk sees it. */
export interface DeskToken {
  id: string;
  patient_id: string;
  name: string;
  kind: TokenKind;
  state: TokenState;
  number: number | null;
  place: number | null;
  due_at: string | null;
  arrived_at: string | null;
  called_at: string | null;
  announced_at: string | null;
  begun_at: string | null;
  ended_at: string | null;
  calls: number;
  room_id: string | null;
  room: string | null;
  priority: Priority | null;
  reason: QueueEndReason | null;
}

export interface DeskTopicsParams {
  place_id?: string | null;
}

/** A token as the desk gets it: with the patient's name. */
export interface DeskView {
  id: string;
  session_id: string;
  patient_id: string;
  kind: TokenKind;
  state: TokenState;
  number: number | null;
  due_at: string | null;
  arrived_at: string | null;
  called_at: string | null;
  announced_at: string | null;
  begun_at: string | null;
  ended_at: string | null;
  calls: number;
  room_id: string | null;
  room: string | null;
  priority: Priority | null;
  reason: QueueEndReason | null;
  /** The doctor's next session, offered when this one ended without the patient's fault. */
  offer_id: string | null;
  alert_before: number | null;
  alert_minutes: number | null;
  /** Since when her turn is near, by her own alert. Told once. */
  near_at: string | null;
  near_before: number | null;
  before: number | null;
  expected: Expected | null;
  name: string;
}

export interface DevMailboxParams {
  to: string;
  /** How many rows at most */
  limit?: number;
}

export interface DevPayParams {
  secret: string;
  becomes?: Becomes;
}

/** One login that lives. `device` is the name it gave itself; `current` is the one that asks. */
export interface Device {
  login_id: string;
  device: string | null;
  opened_at: string;
  renewed_at: string;
  current: boolean;
}

/** Units of one line. */
export interface DispensedLine {
  line_id: string;
  /** Whole units: tablets, bottles, … */
  quantity: number;
}

/** An approved screen as its place sees it. */
export interface Display {
  id: string;
  label: string;
  state: DisplayState;
  room_ids: string[];
  doctor_ids: string[];
  asked_from: string | null;
  asked_at: string;
  approved_at: string;
}

export interface DisplayApproveParams {
  code: string;
  /** A person's or thing's name as people write it */
  label: string;
  room_ids?: string[] | null;
  doctor_ids?: string[] | null;
  place_id?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface DisplayAskingParams {
  code: string;
  place_id?: string | null;
}

export interface DisplayListParams {
  place_id?: string | null;
}

export interface DisplayPairParams { [key: string]: never }

export interface DisplayRenameParams {
  display_id: string;
  /** A person's or thing's name as people write it */
  label: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface DisplayRenewParams { [key: string]: never }

export interface DisplayRevokeParams {
  display_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** Where a display stands. */
export type DisplayState = "pending" | "approved" | "revoked";

/** The screens of a place. */
export interface Displays {
  displays: Display[];
}

export interface DoctorCreateParams {
  /** A name as the public reads it; no word mixes alphabets */
  name: string;
  /** A stable word, e.g. `cardiology` */
  specialty: string;
  /** The number in the council's register */
  registration?: string;
  /** One line of text */
  council?: string;
  languages?: string[];
  /** One line of text */
  qualification?: string;
  practising_since?: number;
  bio?: string;
  fee?: Money;
  teleconsult?: boolean;
  /** An IANA time zone, e.g. Asia/Kolkata */
  zone?: string;
  /** For administrators: whose entry; by default one's own */
  account_id?: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** A doctor's counts: today's `appointments` and `tokens` where she works by state, each on the clock of its place. `patients`: who may be treated now, that is stands in a relationship that is open, each counted once. `rating` is of verified reviews. `unread_messages` are of the chats she may read. */
export interface DoctorDashboard {
  doctor_id: string;
  appointments: { [key: string]: number };
  tokens: { [key: string]: number };
  patients: number;
  rating: Tally;
  unread_messages: number;
}

export interface DoctorDeleteParams {
  doctor_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface DoctorGetParams {
  doctor_id: string;
  locale?: string | null;
}

export interface DoctorListParams {
  specialty?: string | null;
  language?: string | null;
  city?: string | null;
  state?: string | null;
  place_id?: string | null;
  fee_min?: number | null;
  fee_max?: number | null;
  fee_currency?: string | null;
  rating_min?: number | null;
  experience_min?: number | null;
  teleconsult?: boolean | null;
  name?: string | null;
  pending?: boolean | null;
  search?: string | null;
  order?: "experience" | "fee" | "name" | "rating" | "relevance" | null;
  locale?: string | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
  count?: boolean;
}

export interface DoctorRejectParams {
  doctor_id: string;
  /** One line of text */
  reason: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface DoctorScheduleParams {
  doctor_id: string;
  first?: string | null;
  /** How many days */
  count?: number;
}

export interface DoctorSetAvailabilityParams {
  doctor_id: string;
  /** Her whole week; windows do not overlap */
  weekly: CalendarWindow[];
  leave: Leave[];
  extra: Extra[];
  /** An IANA time zone, e.g. Asia/Kolkata */
  zone?: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** A doctor's day, in order of time. Live: `topic.open {query: "day.topics"}`. */
export interface DoctorToday {
  doctor_id: string;
  appointments: TodaysAppointment[];
  sittings: TodaysSitting[];
}

export interface DoctorUpdateParams {
  doctor_id: string;
  /** A name as the public reads it; no word mixes alphabets */
  name?: string;
  /** The first is the main one */
  specialties?: string[];
  /** The number in the council's register */
  registration?: string;
  /** One line of text */
  council?: string;
  languages?: string[];
  teleconsult?: boolean;
  /** An IANA time zone, e.g. Asia/Kolkata */
  zone?: string;
  qualification?: string | null;
  practising_since?: number | null;
  bio?: string | null;
  fee?: Money | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface DoctorVerifyParams {
  doctor_id: string;
  /** Of the facts you decide about: `facts_hash` */
  facts_hash: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** A doctor as everybody may see her, once `listed`: verified and not closed. `rating` is in stars, null without reviews; `fee` is of one consultation. */
export interface DoctorView {
  id: string;
  name: string;
  /** The main one; `specialties` holds it too, first. */
  specialty: string;
  specialties: string[];
  languages: string[];
  registration: string | null;
  council: string | null;
  qualification: string | null;
  practising_since: number | null;
  bio: string | null;
  fee: Money | null;
  teleconsult: boolean;
  zone: string;
  rating: number | null;
  rating_count: number;
  listed: boolean;
  practices: PracticeView[];
  locale: string;
  fallback: string[];
}

/** What an article is when one takes it out of its box. */
export type DosageForm = "tablet" | "capsule" | "syrup" | "suspension" | "drops" | "injection" | "cream" | "ointment" | "gel" | "inhaler" | "patch" | "powder" | "suppository" | "spray" | "device" | "other";

/** Why money goes back to who paid. */
export type Due = "expired" | "cancelled" | "over" | "paid_already" | "wrong_amount";

/** What a member does at a place. */
export type Duty = "owner" | "manager" | "front_desk" | "nurse" | "pharmacist" | "technician" | "collector";

/** An allergy, a medicine that is taken now, or a condition. `doctor_id` null: her own side noted it. */
export interface Entry {
  id: string;
  kind: EntryKind;
  label: string;
  detail: string | null;
  severity: Severity | null;
  noted_by: string;
  doctor_id: string | null;
  noted_at: string;
}

/** What an entry of the summary or the background is about. */
export type EntryKind = "allergy" | "medicine" | "condition";

/** An order for erasure. Until `due_at` it can be undone. */
export interface Erasure {
  id: string;
  account_id: string;
  state: ErasureState;
  asked_at: string;
  due_at: string;
  ended_at: string | null;
  remains: Remains[];
}

/** Where an order for erasure stands. */
export type ErasureState = "waiting" | "undone" | "done";

/** An expected time; the truth lies between low and high in 80 of 100 cases. */
export interface Expected {
  low: string;
  mid: string;
  high: string;
}

/** The access token of this socket runs out soon: call `auth.refresh` on it. */
export interface Expiring {
  expires_at: string;
  /** When the socket is closed with 4101 if nothing was renewed. */
  closes_at: string;
}

/** An export. Ready ones are fetched with `user.export_part`; `sha256` is of all parts put together. */
export interface Export {
  id: string;
  state: ExportState;
  asked_at: string;
  parts: number | null;
  sha256: string | null;
  expires_at: string | null;
}

/** A piece of the document's text: put them together in their order. */
export interface ExportPart {
  n: number;
  parts: number;
  text: string;
}

/** Where an export stands. */
export type ExportState = "waiting" | "ready" | "gone";

/** When a doctor is there on one day besides her week, also during leave. */
export interface Extra {
  day: string;
  opens: string;
  closes: string;
  place_id?: string | null;
  mode?: CalendarMode | null;
  /** How long a visit is */
  slot_minutes?: number;
  /** How long the pause behind each visit is */
  buffer_minutes?: number;
  /** How many patients can book the same slot */
  capacity?: number;
}

/** What a login may owe before it sees clinical data. */
export type Fact = "birth_year";

/** Whether this login still owes a fact; null when it owes none. */
export interface FactTold {
  fact_due: Fact | null;
}

/** A gateway said that a letter did not arrive. It may have arrived all the same, later: `letter.list` knows. */
export interface Failure {
  letter_id: string;
  kind: string | null;
  problem: number | null;
  failed_at: string;
}

/** The newest letters that did not arrive, the newest first. */
export interface Failures {
  newest: Failure[];
}

export interface FaqCreateParams {
  /** One line of text */
  question: string;
  answer: string;
  category?: string;
  /** Lower comes first */
  display_order?: number;
  is_published?: boolean;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface FaqDeleteParams {
  faq_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface FaqGetParams {
  faq_id: string;
  locale?: string | null;
}

export interface FaqListParams {
  category?: string | null;
  is_published?: boolean | null;
  search?: string | null;
  locale?: string | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
  count?: boolean;
}

export interface FaqUpdateParams {
  faq_id: string;
  /** One line of text */
  question?: string;
  answer?: string;
  category?: string | null;
  /** Lower comes first */
  display_order?: number;
  is_published?: boolean;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** A question that is asked often, and its answer. */
export interface FaqView {
  id: string;
  question: string;
  answer: string;
  category: string | null;
  display_order: number;
  is_published: boolean;
  locale: string;
  fallback: string[];
}

/** What a visit to this doctor costs here in this mode, where it is not the fee of her profile. */
export interface FeeView {
  doctor_id: string;
  mode: CalendarMode;
  fee: Money;
}

/** What a value comes to for this patient. */
export type Flag = "normal" | "low" | "high" | "abnormal" | "critical_low" | "critical_high" | "critical" | "unjudged";

/** A slot as the public sees it: how many seats it has, and how many are free. */
export interface Free {
  place_id: string | null;
  mode: CalendarMode;
  starts_at: string;
  ends_at: string;
  zone: string;
  capacity: number;
  free: number;
}

/** What a doctor offers on a day, the earliest first, and how much of it is free. */
export interface FreeSlots {
  doctor_id: string;
  day: string;
  slots: Free[];
}

/** How it comes to the patient, or she to it. */
export type Fulfilment = "home" | "pickup" | "visit";

/** The gateways there are a driver for. */
export type GatewayName = "house" | "stripe";

/** Money that goes back through its gateway. `intent` and `ref` are what the gateway calls payment and refund; `ref` and `sent_at` are null as long as it is `due`. `failed`: her bank did not take it. */
export interface GatewayRefundView {
  id: string;
  payment_id: string;
  about: Payable;
  about_id: string;
  payer_id: string;
  money: Money;
  reason: string;
  state: RefundState;
  gateway: GatewayName;
  intent: string;
  ref: string | null;
  due_at: string;
  sent_at: string | null;
}

/** Who read whom without asking, why and how long; `justified` once a privacy administrator has said so or not. */
export interface GlassView {
  id: string;
  doctor_id: string;
  place_id: string;
  patient_id: string;
  reason: string;
  opened_at: string;
  until: string;
  ended_at: string | null;
  justified: boolean | null;
  note: string | null;
  reviewed_at: string | null;
}

/** What somebody else may be to a patient: `Kin` without oneself. */
export type Guardian = "parent" | "child" | "spouse" | "sibling" | "guardian" | "other";

/** This account acts no more for this patient. */
export interface GuardianEnded {
  patient_id: string;
  account_id: string;
}

/** Who acts for a patient. `lapses_at`: when she is of age, and acts for herself. */
export interface GuardianView {
  account_id: string;
  name: string;
  kind: Kin;
  since: string;
  lapses_at: string | null;
}

/** A seat kept until `expires_at`; after that it is worth nothing. `offer`: she waited for it. */
export interface Held {
  id: string;
  patient_id: string;
  doctor_id: string;
  place_id: string | null;
  mode: CalendarMode;
  starts_at: string;
  ends_at: string;
  zone: string;
  state: AppointmentHoldState;
  expires_at: string;
  offer: boolean;
}

/** Some messages, newest first. `members`: who wrote those of the desk, for the desk. */
export interface History {
  rows: MessageView[];
  members: Member[];
  cursor: string | null;
}

/** One line of the history. `id` is that of the thing itself: a token, later a booking, an order, a report. */
export interface HistoryItem {
  kind: HistoryKind;
  id: string;
  at: string;
  doctor_id: string | null;
  place_id: string | null;
  doctor: string | null;
  place: string | null;
  state: string;
}

/** What a line of the history is about. */
export type HistoryKind = "visit" | "appointment" | "consultation" | "prescription" | "lab_test";

/** Stock kept for `about_id` until a moment. */
export interface Hold {
  id: string;
  pharmacy_id: string;
  about_id: string;
  until: string;
  state: StockHoldState;
  parts: Part[];
}

/** A seat is held for this patient, by her side or because she waited for it (`offer`); or it is no more. */
export interface HoldUpdated {
  patient_id: string;
  hold: Held;
}

/** A day on which the week does not count: closed, but for its own openings. */
export interface Holiday {
  day: string;
  /** A person's or thing's name as people write it */
  name: string;
  openings?: DayOpening[];
}

export interface HomeTopicsParams {
  patient_id?: string | null;
}

export interface HospitalAddDoctorParams {
  /** A hospital or clinic */
  hospital_id: string;
  doctor_id: string;
  department?: string | null;
  is_primary?: boolean;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface HospitalAddTreatmentParams {
  hospital_id: string;
  treatment_id: string;
  /** One for each currency */
  prices: Money[];
  description?: string | null;
  duration_days?: number | null;
  success_basis_points?: number | null;
  inclusions?: string[] | null;
  exclusions?: string[] | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface HospitalCreateParams {
  /** What stands there */
  kind: "clinic" | "hospital";
  /** A name as the public reads it; no word mixes alphabets */
  name: string;
  /** A person's or thing's name as people write it */
  city: string;
  /** An IANA time zone, e.g. Asia/Kolkata */
  zone: string;
  /** A person's or thing's name as people write it */
  state?: string;
  /** Street and house */
  address?: string;
  /** In capitals */
  postal_code?: string;
  /** ISO 3166, e.g. IN */
  country?: string;
  /** Of the building, in degrees */
  latitude?: number;
  /** Of the building, in degrees */
  longitude?: number;
  /** A telephone number, best in E.164 */
  phone?: string;
  email?: string;
  website?: string;
  /** The licence's number */
  licence?: string;
  description?: string;
  /** For administrators: who is offered the duty of owner */
  owner_phone?: string;
  departments?: string[];
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** A hospital's counts, administrative only: its doctors, today's sittings, appointments and tokens by state. */
export interface HospitalDashboard {
  place_id: string;
  doctors: number;
  members: number;
  sittings: number;
  appointments: { [key: string]: number };
  tokens: { [key: string]: number };
  rating: Tally;
}

export interface HospitalDeleteParams {
  hospital_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** A doctor who works at a hospital, and in which department. */
export interface HospitalDoctor {
  doctor: DoctorView;
  department: string | null;
  is_primary: boolean;
}

export interface HospitalGetParams {
  hospital_id: string;
  locale?: string | null;
}

export interface HospitalListDoctorsParams {
  /** A hospital or clinic */
  hospital_id: string;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
  locale?: string | null;
}

export interface HospitalListParams {
  kind?: "clinic" | "hospital" | null;
  city?: string | null;
  state?: string | null;
  postal_code?: string | null;
  country?: string | null;
  approval?: Approval | null;
  open_now?: boolean | null;
  department?: string | null;
  specialty?: string | null;
  search?: string | null;
  locale?: string | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
  count?: boolean;
}

export interface HospitalListTreatmentsParams {
  hospital_id: string;
  locale?: string | null;
}

export interface HospitalRejectParams {
  hospital_id: string;
  /** One line of text */
  reason: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface HospitalRemoveDoctorParams {
  /** A hospital or clinic */
  hospital_id: string;
  doctor_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface HospitalRemoveTreatmentParams {
  hospital_id: string;
  treatment_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** An offer, with the treatment in the language asked for. */
export interface HospitalTreatment {
  offer: OfferView;
  treatment: TreatmentView;
}

export interface HospitalUpdateParams {
  hospital_id: string;
  /** A name as the public reads it; no word mixes alphabets */
  name?: string;
  /** A person's or thing's name as people write it */
  city?: string;
  /** An IANA time zone, e.g. Asia/Kolkata */
  zone?: string;
  state?: string | null;
  address?: string | null;
  postal_code?: string | null;
  /** ISO 3166, e.g. IN */
  country?: string;
  latitude?: number | null;
  longitude?: number | null;
  phone?: string | null;
  email?: string | null;
  website?: string | null;
  licence?: string | null;
  description?: string | null;
  departments?: string[];
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface HospitalUpdateTreatmentParams {
  hospital_id: string;
  treatment_id: string;
  /** One for each currency */
  prices?: Money[];
  description?: string | null;
  duration_days?: number | null;
  success_basis_points?: number | null;
  inclusions?: string[];
  exclusions?: string[];
  is_available?: boolean;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface HospitalVerifyParams {
  hospital_id: string;
  /** Of the facts you decide about: `facts_hash` */
  facts_hash: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** A hospital or clinic as everybody may see it, once it is approved. */
export interface HospitalView {
  id: string;
  kind: PlaceKind;
  approval: Approval;
  name: string;
  description: string | null;
  address: string | null;
  city: string;
  state: string | null;
  postal_code: string | null;
  country: string;
  latitude: number | null;
  longitude: number | null;
  zone: string;
  phone: string | null;
  email: string | null;
  website: string | null;
  licence: string | null;
  /** On the place's own clock, at the moment of asking; null where nobody said when it is open. */
  open_now: boolean | null;
  opening_hours: Opening[];
  locale: string;
  fallback: string[];
  departments: string[];
}

/** A place's opening hours on its own clock. `open_now` is null where nobody ever said them. */
export interface Hours {
  place_id: string;
  zone: string;
  weekly: Opening[];
  holidays: Holiday[];
  open_now: boolean | null;
  orders_paused_until: string | null;
}

/** What was done about a critical value. A closed list; a note may say more. */
export type How = "patient_told" | "treatment_changed" | "sent_to_hospital" | "expected";

/** How the doctor made sure of whom he sees (as above, 3.2). */
export type IdentityBy = "known" | "document" | "asked";

/** By which of them somebody is reached. */
export type IdentityContact = "phone" | "email";

/** A version this account has still to accept; from `binds_at` on it does nothing else. */
export interface IdentityOwed {
  kind: TermsKind;
  version: number;
  binds_at: string;
}

/** An article as `medicine.create` takes it, and a batch of it that came: `number`, `expires_on` and `quantity` together, or none of them. */
export interface ImportRow {
  /** A person's or thing's name as people write it */
  name: string;
  form: DosageForm;
  price: Money;
  schedule: CareSchedule;
  generic?: string | null;
  brand?: string | null;
  strength?: string | null;
  /** Pieces in one pack, e.g. 10 tablets; 1 for a bottle */
  pack_size?: number;
  /** Hundredths of a per cent */
  tax_basis_points?: number;
  barcode?: string | null;
  low_at?: number | null;
  number?: string | null;
  expires_on?: string | null;
  quantity?: number | null;
  cost?: number | null;
}

/** How many articles are new, how many were there already and are now as the rows say, how many batches came. */
export interface Imported {
  created: number;
  updated: number;
  received: number;
}

/** The threads in which something is unread, the latest first; at most a hundred. */
export interface Inbox {
  threads: InboxEntry[];
}

/** A thread of yours moved; this is all of it. With nothing unread it is off the list. */
export interface InboxChanged {
  account_id: string;
  thread_id: string;
  entry: InboxEntry;
}

/** A thread as one of its sides has it: how many messages of the other side are unread. */
export interface InboxEntry {
  thread_id: string;
  patient_id: string;
  doctor_id: string | null;
  place_id: string;
  state: ThreadState;
  unread: number;
  moved_at: string;
}

export interface InsuranceCreateParams {
  /** A person's or thing's name as people write it */
  name: string;
  /** ISO 3166, e.g. IN */
  country?: string;
  /** A telephone number, best in E.164 */
  phone?: string;
  email?: string;
  website?: string;
  coverage?: string[];
  is_active?: boolean;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface InsuranceDeleteParams {
  insurance_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface InsuranceGetParams {
  insurance_id: string;
}

export interface InsuranceListParams {
  country?: string | null;
  is_active?: boolean | null;
  search?: string | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
  count?: boolean;
}

export interface InsuranceUpdateParams {
  insurance_id: string;
  /** A person's or thing's name as people write it */
  name?: string;
  country?: string | null;
  phone?: string | null;
  email?: string | null;
  website?: string | null;
  coverage?: string[];
  is_active?: boolean;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** An insurance provider; `coverage` says what it pays for, line by line. */
export interface InsuranceView {
  id: string;
  name: string;
  country: string | null;
  phone: string | null;
  email: string | null;
  website: string | null;
  coverage: string[];
  is_active: boolean;
}

export interface InventoryLaboratoriesParams {
  city?: string | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
}

export interface InventoryLaboratoryParams {
  laboratory_id: string;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
}

export interface InventoryPharmaciesParams {
  city?: string | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
}

export interface InventoryPharmacyParams {
  pharmacy_id: string;
  only?: Only | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
}

/** Somebody asks this number's owner to act for a patient. The name is told once it is accepted. */
export interface Invitation {
  id: string;
  patient_id: string;
  kind: Kin;
  expires_at: string;
}

/** The offer stands no more. */
export interface InvitationEnded {
  id: string;
}

/** The invitation is no more. */
export interface InvitationOver {
  id: string;
}

export interface JobDiscardParams {
  job_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface JobListParams {
  state?: JobState;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
}

export interface JobReplayParams {
  job_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** Open jobs wait or run; dead ones were given up; the others are over. */
export type JobState = "open" | "done" | "dead" | "expired" | "discarded";

/** A job without what stands in it. `problem` is the reason word of its last failure. */
export interface JobView {
  id: string;
  name: string;
  state: JobState;
  attempts: number;
  problem: string | null;
  replayable: boolean;
  due_at: string;
  created_at: string;
  ended_at: string | null;
}

/** What the account's holder is to the patient. */
export type Kin = "self" | "parent" | "child" | "spouse" | "sibling" | "guardian" | "other";

/** What a laboratory has to do: its tests that are not over, oldest first, the first `most` of them. */
export interface LabBoard {
  laboratory_id: string;
  most: number;
  tests: BoardTest[];
}

/** A test of this laboratory moved on; one that is over leaves the board, and what is beyond its end moves up. */
export interface LabBoardUpdated {
  laboratory_id: string;
  test: BoardTest;
  /** False: it is over, or another laboratory's now, and leaves the board. */
  stands: boolean;
  /** What is shown last now, where a longer list than the board shows lost one. */
  moved_up: BoardTest[];
}

/** Who cancelled it. */
export type LabCancelReason = "patient" | "doctor" | "laboratory" | "order";

export interface LabCatalogCreateParams {
  laboratory_id: string;
  /** A short code, e.g. `HBA1C` */
  code: string;
  /** A person's or thing's name as people write it */
  name: string;
  sample: Sample;
  price: Money;
  /** From the sample to the report */
  turnaround_hours: number;
  analytes: Analyte[];
  category?: string;
  /** What she has to do before, e.g. fast */
  preparation?: string;
  home_collection?: boolean;
  is_available?: boolean;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface LabCatalogDeleteParams {
  catalogue_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface LabCatalogGetParams {
  catalogue_id: string;
  locale?: string | null;
}

export interface LabCatalogListParams {
  laboratory_id?: string | null;
  category?: string | null;
  code?: string | null;
  sample?: Sample | null;
  home_collection?: boolean | null;
  is_available?: boolean | null;
  price_max?: number | null;
  search?: string | null;
  order?: "name" | "price" | "relevance" | null;
  locale?: string | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
  count?: boolean;
}

export interface LabCatalogUpdateParams {
  catalogue_id: string;
  /** A short code, e.g. `HBA1C` */
  code?: string;
  /** A person's or thing's name as people write it */
  name?: string;
  sample?: Sample;
  price?: Money;
  /** From the sample to the report */
  turnaround_hours?: number;
  analytes?: Analyte[];
  category?: string | null;
  preparation?: string | null;
  home_collection?: boolean;
  is_available?: boolean;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** A test as one laboratory offers it, with what is measured and what is normal for whom. */
export interface LabCatalogView {
  id: string;
  laboratory_id: string;
  code: string;
  name: string;
  category: string | null;
  sample: Sample;
  price: Money;
  turnaround_hours: number;
  preparation: string | null;
  home_collection: boolean;
  is_available: boolean;
  analytes: Analyte[];
  locale: string;
  fallback: string[];
}

/** A patient's tests and published reports, newest first. */
export interface LabFile {
  patient_id: string;
  tests: LabTestView[];
  reports: LabReportView[];
}

/** Where the sample is taken. */
export type LabMode = "home" | "visit";

export interface LabReportAcknowledgeParams {
  lab_report_id: string;
  how: How;
  note?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface LabReportAmendParams {
  lab_report_id: string;
  /** Why it is corrected; the patient reads it */
  reason: string;
  values?: Value[];
  remark?: string | null;
  /** Uploaded by the caller, or of the former version */
  media_ids?: string[];
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface LabReportCreateParams {
  lab_test_id: string;
  values?: Value[] | null;
  remark?: string | null;
  media_ids?: string[] | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** A report was published. */
export interface LabReportCreated {
  patient_id: string;
  report: LabReportView;
}

export interface LabReportGetParams {
  lab_report_id: string;
}

export interface LabReportListParams {
  patient_id?: string | null;
  laboratory_id?: string | null;
  order_id?: string | null;
  since?: string | null;
  until?: string | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
}

export interface LabReportPublishParams {
  lab_report_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface LabReportUpdateParams {
  lab_report_id: string;
  values?: Value[];
  remark?: string | null;
  /** Uploaded by the caller, or of the former version */
  media_ids?: string[];
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** A published report was amended, or its critical value acknowledged. */
export interface LabReportUpdated {
  patient_id: string;
  report: LabReportView;
}

/** What was found: `versions`, the newest first; only the first of them counts. */
export interface LabReportView {
  id: string;
  number: string;
  lab_test_id: string;
  patient_id: string;
  laboratory_id: string;
  doctor_id: string | null;
  name: string;
  state: ReportState;
  collected_at: string;
  published_at: string | null;
  critical: CriticalView | null;
  versions: VersionView[];
}

export interface LabReportWaitingParams {
  /** How many rows at most */
  limit?: number;
}

/** A record was merged into hers, or is hers no longer: this is all that is shown now. */
export interface LabReportsListed {
  patient_id: string;
  tests: LabTestView[];
  reports: LabReportView[];
}

export interface LabTestBeginParams {
  lab_test_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface LabTestCancelParams {
  lab_test_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface LabTestCollectParams {
  lab_test_id: string;
  collected_at?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface LabTestCreateParams {
  patient_id: string;
  catalogue_id?: string | null;
  name?: string | null;
  place_id?: string | null;
  consultation_id?: string | null;
  notes?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface LabTestDeleteParams {
  lab_test_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface LabTestGetParams {
  lab_test_id: string;
}

export interface LabTestListParams {
  patient_id?: string | null;
  laboratory_id?: string | null;
  order_id?: string | null;
  state?: LabTestState | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
}

export interface LabTestMissParams {
  lab_test_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface LabTestRejectParams {
  lab_test_id: string;
  reason: RejectReason;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface LabTestScheduleParams {
  lab_test_id: string;
  mode: LabMode;
  planned_at: string;
  catalogue_id?: string | null;
  address?: string | null;
  postal_code?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** Where a test stands. */
export type LabTestState = "requested" | "scheduled" | "missed" | "sample_collected" | "in_progress" | "sample_rejected" | "completed" | "cancelled";

export interface LabTestSubmitResultParams {
  lab_test_id: string;
  values?: Value[] | null;
  remark?: string | null;
  media_ids?: string[] | null;
  collected_at?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface LabTestUpdateParams {
  lab_test_id: string;
  state?: LabTestState | null;
  reason?: RejectReason | null;
  notes?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** A test was asked for, or moved on. */
export interface LabTestUpdated {
  patient_id: string;
  test: LabTestView;
}

/** One test for one patient. `planned_at` to `planned_until` is when the sample is taken, on the clock of `zone`. `name` is what was asked; `code`, `price` and `preparation` are the chosen laboratory's, as they were then. `address` and `postal_code` are answered to her side, and to the laboratory as long as somebody is to come; no topic says them. */
export interface LabTestView {
  id: string;
  number: string;
  patient_id: string;
  laboratory_id: string | null;
  laboratory: string | null;
  zone: string | null;
  catalogue_id: string | null;
  code: string | null;
  name: string;
  sample: string | null;
  price: Money | null;
  preparation: string | null;
  doctor_id: string | null;
  place_id: string | null;
  consultation_id: string | null;
  order_id: string | null;
  state: LabTestState;
  mode: LabMode | null;
  planned_at: string | null;
  planned_until: string | null;
  address: string | null;
  postal_code: string | null;
  notes: string | null;
  draws: number;
  reject_reason: RejectReason | null;
  cancel_reason: LabCancelReason | null;
  asked_at: string;
  collected_at: string | null;
  completed_at: string | null;
  cancelled_at: string | null;
}

/** A critical value that waits. `step` says who was asked last: 0 the doctor or the laboratory, 1 the place, 2 administrators, then everybody once more. `lab_report_id` is what `lab_report.acknowledge` takes; administrators have none. */
export interface LabWaiting {
  id: string;
  lab_report_id: string | null;
  laboratory: string;
  laboratory_phone: string | null;
  place: string | null;
  raised_at: string;
  due_at: string;
  step: number;
}

/** A window, and how many patients still fit in. */
export interface LabWindow {
  starts_at: string;
  ends_at: string;
  free: number;
}

/** A laboratory's catalogue in numbers. */
export interface LaboratoryCatalogue {
  laboratory_id: string;
  name: string;
  city: string;
  approval: Approval;
  tests: number;
  unavailable: number;
  home_collection: number;
}

export interface LaboratoryCreateParams {
  /** A name as the public reads it; no word mixes alphabets */
  name: string;
  /** A person's or thing's name as people write it */
  city: string;
  /** An IANA time zone, e.g. Asia/Kolkata */
  zone: string;
  /** A person's or thing's name as people write it */
  state?: string;
  /** Street and house */
  address?: string;
  /** In capitals */
  postal_code?: string;
  /** ISO 3166, e.g. IN */
  country?: string;
  /** Of the building, in degrees */
  latitude?: number;
  /** Of the building, in degrees */
  longitude?: number;
  /** A telephone number, best in E.164 */
  phone?: string;
  email?: string;
  website?: string;
  /** The licence's number */
  licence?: string;
  description?: string;
  /** For administrators: who is offered the duty of owner */
  owner_phone?: string;
  services?: string[];
  /** The hospital it belongs to */
  hospital_id?: string;
  served_postal_codes?: string[];
  delivery_fee?: Money;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** A laboratory's counts. `live` is what `counters:{place_id}` tells from there on. `reports_due`: tests whose sample it has and whose result it has not given. `collections_today`: samples to be taken at home today, on its clock. `quotes` are open bills that it is on. */
export interface LaboratoryDashboard {
  place_id: string;
  live: Counts;
  reports_due: number;
  collections_today: number;
  quotes: number;
  rating: Tally;
}

export interface LaboratoryDeleteParams {
  laboratory_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface LaboratoryGetParams {
  laboratory_id: string;
  locale?: string | null;
}

/** A laboratory's catalogue, and its tests page by page. */
export interface LaboratoryInventory {
  summary: LaboratoryCatalogue;
  rows: CatalogueTest[];
  cursor: string | null;
}

export interface LaboratoryListParams {
  city?: string | null;
  state?: string | null;
  postal_code?: string | null;
  country?: string | null;
  approval?: Approval | null;
  open_now?: boolean | null;
  serves?: string | null;
  service?: string | null;
  hospital_id?: string | null;
  search?: string | null;
  locale?: string | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
  count?: boolean;
}

export interface LaboratoryRejectParams {
  laboratory_id: string;
  /** One line of text */
  reason: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface LaboratorySetCollectionParams {
  laboratory_id: string;
  minutes: number;
  /** Patients in one window; 0: nobody collects */
  capacity: number;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface LaboratoryUpdateParams {
  laboratory_id: string;
  /** A name as the public reads it; no word mixes alphabets */
  name?: string;
  /** A person's or thing's name as people write it */
  city?: string;
  /** An IANA time zone, e.g. Asia/Kolkata */
  zone?: string;
  state?: string | null;
  address?: string | null;
  postal_code?: string | null;
  /** ISO 3166, e.g. IN */
  country?: string;
  latitude?: number | null;
  longitude?: number | null;
  phone?: string | null;
  email?: string | null;
  website?: string | null;
  licence?: string | null;
  description?: string | null;
  services?: string[];
  hospital_id?: string | null;
  served_postal_codes?: string[];
  delivery_fee?: Money | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface LaboratoryVerifyParams {
  laboratory_id: string;
  /** Of the facts you decide about: `facts_hash` */
  facts_hash: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** A laboratory as everybody may see it, once it is approved. */
export interface LaboratoryView {
  id: string;
  kind: PlaceKind;
  approval: Approval;
  name: string;
  description: string | null;
  address: string | null;
  city: string;
  state: string | null;
  postal_code: string | null;
  country: string;
  latitude: number | null;
  longitude: number | null;
  zone: string;
  phone: string | null;
  email: string | null;
  website: string | null;
  licence: string | null;
  /** On the place's own clock, at the moment of asking; null where nobody said when it is open. */
  open_now: boolean | null;
  opening_hours: Opening[];
  locale: string;
  fallback: string[];
  served_postal_codes: string[];
  delivery_fee: Money | null;
  orders_paused_until: string | null;
  services: string[];
  hospital_id: string | null;
}

export interface LaboratoryWindowsParams {
  laboratory_id: string;
  first: string;
  days?: number;
  postal_code?: string | null;
}

/** Days on which a doctor's week does not count, the last one included. */
export interface Leave {
  first: string;
  last: string;
}

/** What the product sent to an address, as it would have left the building. */
export interface Letter {
  /** Of the letter, for who plays the gateway and reports how far it came. */
  id: string | null;
  /** The way it would have gone. */
  channel: "email" | "sms";
  address: string;
  subject: string | null;
  body: string;
  at: string;
}

/** The ways whose gateways say what became of a letter. */
export type LetterChannel = "sms";

/** A letter did not arrive. */
export interface LetterFailed {
  channel: LetterChannel;
  failure: Failure;
}

export interface LetterListParams {
  state?: LetterState | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
}

/** In this order a letter goes on. `failed`: the gateway kept it; `undelivered`: the network did. */
export type LetterState = "leaving" | "accepted" | "sent" | "failed" | "undelivered" | "delivered" | "read";

/** A letter without reader and text. `kind` is the job that sent it, `problem` the gateway's number of an error. */
export interface LetterView {
  id: string;
  channel: LetterChannel;
  kind: string | null;
  state: LetterState;
  problem: number | null;
  at: string;
}

/** How much one socket may ask for; beyond it answers are refusals, far beyond it the socket is closed. */
export interface Limits {
  /** The largest frame the server reads; a larger one closes the socket (1009). */
  frame_bytes: number;
  /** How deep arrays and objects may nest. */
  depth: number;
  /** Members of one batch. */
  batch: number;
  /** The longest request id. */
  id_bytes: number;
  /** Calls that may run at once; more are `overloaded`. */
  in_flight: number;
  /** Topics one socket may listen to. */
  subscriptions: number;
  /** Bytes that may wait for a reader who does not read; beyond it close 4102. */
  queue_bytes: number;
}

/** So many packs of an article. */
export interface Line {
  medicine_id: string;
  /** How many packs */
  quantity: number;
}

/** The line for the waiting room: waiting in calling order first, then who is called, in a room, away or skipped. */
export interface LineSnapshot {
  sitting: QueueSitting;
  tokens: BoardToken[];
  curve: Point[];
}

/** Who wrote a line down. */
export type LineSource = "asked" | "read";

/** The line moved, for the waiting room: numbers, states, rooms and the expected times by position. No names. */
export interface LineUpdated {
  session_id: string;
  sitting: QueueSitting;
  tokens: BoardToken[];
  gone: number[];
  curve: Point[];
}

/** Where the file can be read by whoever holds the link, until it expires or the right behind it ends. */
export interface Link {
  url: string;
  expires_at: string;
}

/** An appointment of a list. Administrators are not told who the patient is: `patient` is null. */
export interface ListedVisit {
  id: string;
  number: string;
  revision: number;
  patient_id: string;
  doctor_id: string;
  place_id: string | null;
  mode: CalendarMode;
  day: string;
  starts_at: string;
  ends_at: string;
  zone: string;
  state: AppointmentState;
  payment: CalendarPaymentMode;
  fee: Money;
  paid_at: string | null;
  pay_by: string | null;
  confirm_by: string | null;
  refund_due: Money | null;
  refund_percent: number | null;
  free_revisit: boolean;
  follow_up_of: string | null;
  session_id: string | null;
  token_id: string | null;
  arrived_at: string | null;
  booked_side: AppointmentSide;
  created_at: string;
  ended_at: string | null;
  ended_side: AppointmentSide | null;
  end_reason: AppointmentEndReason | null;
  patient: string | null;
}

/** The login is ended; `all` tells whether every other device's is too. */
export interface LoggedOut {
  all: boolean;
}

/** A login and its tokens. The refresh token is good once: keep the newest. */
export interface Login {
  account: AccountView;
  login_id: string;
  access_token: string;
  access_expires_at: string;
  refresh_token: string;
  refresh_expires_at: string;
  /** The known fact that this login tells before it reads clinical data (`auth.tell_fact`). */
  fact_due: Fact | null;
  /** What the account has still to accept (`terms.accept`), and from when on it does nothing else. */
  terms_due: IdentityOwed[];
}

/** A mail goes to the address if an account has it; its token is good for so long. */
export interface MailSent {
  expires_in_s: number;
}

/** How a medicine met an allergy. */
export type MatchedBy = "name" | "class" | "related";

/** How money is taken at a counter. */
export type Means = "cash" | "upi" | "card";

export interface MediaDeleteParams {
  media_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface MediaGetParams {
  media_id: string;
}

/** What an upload is for; it decides what is taken, and how large. */
export type MediaKind = "image" | "document" | "medical_record";

export interface MediaLinkParams {
  media_id: string;
}

export interface MediaListParams {
  file_type?: MediaKind | null;
  about?: string | null;
  about_id?: string | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
}

/** A file. `about` and `about_id` name what it is attached to; `size` is in bytes. */
export interface MediaView {
  id: string;
  kind: MediaKind;
  name: string;
  mime: string;
  size: number;
  about: string | null;
  about_id: string | null;
  created_at: string;
}

export interface MedicalRecordCreateParams {
  patient_id: string;
  record_type: RecordKind;
  title: string;
  /** Uploaded by the caller, loose */
  media_ids: string[];
  description?: string | null;
  record_date?: string | null;
  is_shared_with_doctors?: boolean;
  place_id?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** There is one record more, or one is shown again. */
export interface MedicalRecordCreated {
  patient_id: string;
  record: MedicalRecordView;
}

export interface MedicalRecordDeleteParams {
  record_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** Her side has deleted a record of its own, or hidden it. `last` is the record that closes a full list now. */
export interface MedicalRecordDeleted {
  patient_id: string;
  record_id: string;
  last: MedicalRecordView | null;
}

export interface MedicalRecordGetParams {
  record_id: string;
}

export interface MedicalRecordListParams {
  patient_id?: string | null;
  record_type?: RecordKind | null;
  since?: string | null;
  until?: string | null;
  hidden?: boolean;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
}

export interface MedicalRecordUpdateParams {
  record_id: string;
  record_type?: RecordKind;
  title?: string;
  description?: string | null;
  record_date?: string | null;
  is_shared_with_doctors?: boolean;
  is_hidden?: boolean;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** What is said of a record, or with whom it is shared, has changed. */
export interface MedicalRecordUpdated {
  patient_id: string;
  record: MedicalRecordView;
}

/** A record and its files. `doctor_id` or `place_id` wrote it; neither: her own side uploaded it. */
export interface MedicalRecordView {
  id: string;
  patient_id: string;
  record_type: RecordKind;
  title: string;
  description: string | null;
  record_date: string | null;
  doctor_id: string | null;
  place_id: string | null;
  appointment_id: string | null;
  is_shared_with_doctors: boolean;
  is_hidden: boolean;
  created_at: string;
  files: MediaView[];
}

/** A patient's records that are not hidden, newest first. */
export interface MedicalRecords {
  patient_id: string;
  records: MedicalRecordView[];
}

export interface MedicineCreateParams {
  /** A person's or thing's name as people write it */
  name: string;
  form: DosageForm;
  price: Money;
  schedule: CareSchedule;
  pharmacy_id?: string;
  /** A person's or thing's name as people write it */
  generic?: string;
  /** A person's or thing's name as people write it */
  brand?: string;
  /** E.g. `500 mg` or `125 mg/5 ml` */
  strength?: string;
  /** Pieces in one pack, e.g. 10 tablets; 1 for a bottle */
  pack_size?: number;
  /** Hundredths of a per cent */
  tax_basis_points?: number;
  barcode?: string;
  is_available?: boolean;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface MedicineDeleteParams {
  medicine_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** In what a medicine comes. */
export type MedicineForm = "tablet" | "capsule" | "liquid" | "drops" | "injection" | "ointment" | "inhaler" | "spray" | "patch" | "powder" | "suppository" | "device" | "other";

export interface MedicineGetParams {
  medicine_id: string;
}

export interface MedicineListParams {
  pharmacy_id?: string | null;
  generic?: string | null;
  form?: DosageForm | null;
  schedule?: CareSchedule | null;
  barcode?: string | null;
  is_available?: boolean | null;
  availability?: Availability | null;
  price_max?: number | null;
  search?: string | null;
  order?: "name" | "price" | "relevance" | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
  count?: boolean;
}

/** One line as the doctor writes it. `quantity` is all that is ever dispensed of it, by all pharmacies together. */
export interface MedicineOrder {
  /** A person's or thing's name as people write it */
  medicine: string;
  generic?: string | null;
  strength?: string | null;
  form?: MedicineForm;
  dose: string;
  frequency: string;
  duration_days?: number | null;
  /** Whole units: tablets, bottles, … */
  quantity: number;
  schedule?: CareSchedule;
  /** The pharmacy may give the same substance of another maker, with the patient's consent. */
  substitution?: boolean;
  instructions?: string | null;
}

export interface MedicineSearchParams {
  /** Its name, brand or generic, in any script */
  search: string;
  serves?: string | null;
  city?: string | null;
  /** Only where there is some */
  in_stock?: boolean;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
}

export interface MedicineUpdateParams {
  medicine_id: string;
  /** A person's or thing's name as people write it */
  name?: string;
  form?: DosageForm;
  price?: Money;
  schedule?: CareSchedule;
  generic?: string | null;
  brand?: string | null;
  strength?: string | null;
  /** Pieces in one pack, e.g. 10 tablets; 1 for a bottle */
  pack_size?: number;
  /** Hundredths of a per cent */
  tax_basis_points?: number;
  barcode?: string | null;
  is_available?: boolean;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** An article of a pharmacy. `price` is of one pack, tax included; how many there are, only its people know. */
export interface MedicineView {
  id: string;
  pharmacy_id: string;
  name: string;
  generic: string | null;
  brand: string | null;
  form: DosageForm;
  strength: string | null;
  pack_size: number;
  price: Money;
  tax_basis_points: number;
  schedule: CareSchedule;
  barcode: string | null;
  is_available: boolean;
  availability: Availability;
}

/** Who wrote for the place. Only those who answer there are told. */
export interface Member {
  seq: number;
  account_id: string;
  name: string;
}

export interface MemberAcceptParams {
  invitation_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface MemberDeclineParams {
  invitation_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** A duty that is offered. No name and no account: a number typed at a desk must not tell whose it is. */
export interface MemberInvitation {
  id: string;
  place_id: string;
  place: string;
  duty: Duty;
  phone: string;
  expires_at: string;
}

export interface MemberInvitationsParams { [key: string]: never }

/** A duty somebody has at a place. No name: a number typed at a desk must not tell whose it is. */
export interface MemberView {
  place_id: string;
  account_id: string;
  duty: Duty;
  since: string;
}

/** A duty at a place. */
export interface MembershipView {
  place_id: string;
  duty: Duty;
  since: string;
}

/** What was said. `seq` counts from 1 without gaps; `files` are read by `media.link`. */
export interface MessageView {
  id: string;
  seq: number;
  author: Author;
  text: string;
  files: MediaView[];
  at: string;
}

/** An event the client missed. */
export interface Missed {
  name: string;
  offset: number;
  at: string;
  data: unknown;
}

/** A text that has no translation, or a stale one; `source` is what to translate. */
export interface Missing {
  noun: string;
  entry_id: string;
  field: string;
  locale: Target;
  source: string;
  stale: TranslationView | null;
}

/** An amount in minor units: 50000 INR with exponent 2 are five hundred rupees. */
export interface Money {
  /** In minor units, e.g. paise */
  amount: number;
  /** ISO 4217 */
  currency: string;
  /** Digits behind the point. Always told; who gives it must give the currency's own. */
  exponent?: number | null;
}

/** The only ways in which stock changes. */
export type MovementKind = "receive" | "sell" | "return" | "expire" | "adjust";

/** Packs of a batch that came or went; `balance` is how many of the batch were there afterwards. */
export interface MovementView {
  id: string;
  medicine_id: string;
  batch_id: string;
  name: string;
  number: string;
  kind: MovementKind;
  quantity: number;
  balance: number;
  reason: AdjustReason | null;
  /** By which it was sold or came back; `stock.take_back` takes it. */
  hold_id: string | null;
  /** What it was sold or came back for. */
  about_id: string | null;
  /** Who of the pharmacy did it; null: time, or a buyer. */
  by_account: string | null;
  at: string;
  /** On which it was sold at the counter; told to the pharmacists of the place, and each look is in the audit. */
  paper: Paper | null;
}

/** This node stops. Open a socket elsewhere after `after_ms`, resume there, then let this one go. */
export interface Moving {
  after_ms: number;
  /** How long this socket still answers. */
  grace_ms: number;
}

/** An appointment as its doctor and the desk get it: with the patient's name. */
export interface NamedVisit {
  id: string;
  number: string;
  revision: number;
  patient_id: string;
  doctor_id: string;
  place_id: string | null;
  mode: CalendarMode;
  day: string;
  starts_at: string;
  ends_at: string;
  zone: string;
  state: AppointmentState;
  payment: CalendarPaymentMode;
  fee: Money;
  paid_at: string | null;
  pay_by: string | null;
  confirm_by: string | null;
  refund_due: Money | null;
  refund_percent: number | null;
  free_revisit: boolean;
  follow_up_of: string | null;
  session_id: string | null;
  token_id: string | null;
  arrived_at: string | null;
  booked_side: AppointmentSide;
  created_at: string;
  ended_at: string | null;
  ended_side: AppointmentSide | null;
  end_reason: AppointmentEndReason | null;
  patient: string;
}

export interface NotificationCreateParams {
  account_id: string;
  /** One line of text */
  title: string;
  message: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface NotificationDeleteParams {
  notification_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** One was deleted; `next` is the one that moved up to the end of what the topic shows, if there is one. */
export interface NotificationDeleted {
  account_id: string;
  notification_id: string;
  next: NotificationView | null;
  unread: number;
}

export interface NotificationListParams {
  only_unread?: boolean;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
}

export interface NotificationMarkAllReadParams {
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface NotificationMarkReadParams {
  notification_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** A notification came; `unread` counts it. */
export interface NotificationNew {
  account_id: string;
  notification: NotificationView;
  unread: number;
}

/** Some notifications, newest first; `unread` counts all of them. */
export interface NotificationPage {
  rows: NotificationView[];
  cursor: string | null;
  unread: number;
}

/** One was read (`all` false), or this one and all older ones (`all` true). */
export interface NotificationRead {
  account_id: string;
  notification_id: string;
  all: boolean;
  read_at: string;
  unread: number;
}

/** A notification. `about` and `ref_id` name what it is about, e.g. `token` and its id, for the app to open. */
export interface NotificationView {
  id: string;
  fact: string;
  about: string | null;
  ref_id: string | null;
  title: string;
  body: string;
  created_at: string;
  read_at: string | null;
  /** The moment it speaks of, if it does; `zone` is the clock the text tells it on. */
  happens_at: string | null;
  zone: string | null;
  /** Tells apart what was told of the same thing more than once, e.g. reminders a day and an hour before. */
  occasion: string;
}

/** How many are unread, and the newest first. */
export interface Notifications {
  unread: number;
  newest: NotificationView[];
}

/** From when until when a doctor is there, as moments; without a place by video. `zone` is the clock this was said on. `slots` are when visits of `slot_minutes` for `capacity` patients each begin that can be booked now, if they are not taken. */
export interface Occasion {
  starts_at: string;
  ends_at: string;
  place_id: string | null;
  zone: string;
  mode: CalendarMode;
  slot_minutes: number;
  capacity: number;
  slots: string[];
}

/** One line of an answer. `item_id`: of the provider's catalogue, whose price it has unless `unit_price` says another, with the reason. Without it, `name`, `unit_price` and `price_reason` are typed, and a medicine's `schedule`: whether it is sold freely follows from that. `line_id`: the asked line it answers. `substitute`: it is not what was asked for, and needs her consent. */
export interface Offer {
  line_id?: string | null;
  item_id?: string | null;
  name?: string | null;
  schedule?: CareSchedule | null;
  quantity?: number;
  unit_price?: Money | null;
  price_reason?: string | null;
  substitute?: boolean;
}

/** A hospital offers a treatment, offers it otherwise, or no longer (`offer` is null). */
export interface OfferChanged {
  hospital_id: string;
  /** What happened to the offer. */
  change: "added" | "removed" | "updated";
  treatment_id: string;
  offer: OfferView | null;
}

/** A treatment as one hospital offers it. `success_basis_points` is its own word: 9500 are 95 per cent. */
export interface OfferView {
  id: string;
  hospital_id: string;
  treatment_id: string;
  description: string | null;
  duration_days: number | null;
  success_basis_points: number | null;
  inclusions: string[];
  exclusions: string[];
  is_available: boolean;
  prices: Money[];
}

/** A medicine and the pharmacy that has it. `delivery_fee` is null where it was never said. */
export interface Offered {
  medicine: MedicineView;
  pharmacy_name: string;
  city: string;
  delivery_fee: Money | null;
}

/** What a hospital offers, oldest first. */
export interface Offers {
  offers: OfferView[];
}

/** One attempt to pay online. `ready`: `payment.status` has what the app pays with. `problem` is the gateway's word for why it failed or ended. `refund_reason`: why the money came and does not count; all of it goes back. `refunded` is what the gateway has sent back so far. */
export interface OnlinePayment {
  id: string;
  about: Payable;
  about_id: string;
  patient_id: string;
  money: Money;
  gateway: GatewayName;
  state: PaymentState;
  ready: boolean;
  created_at: string;
  expires_at: string;
  problem: string | null;
  received: Money | null;
  completed_at: string | null;
  refund_reason: Due | null;
  refunded: Money | null;
}

/** Which articles. */
export type Only = "low" | "out" | "expiring";

/** A query that answers topics (a `Screen`), and its params. */
export interface OpenParams {
  /** e.g. home.topics */
  query: string;
  params?: unknown;
}

/** A window of every week. One that closes at or before it opens closes on the next day. */
export interface Opening {
  /** 1 is Monday (ISO) */
  weekday: number;
  opens: string;
  closes: string;
}

/** The open orders of a provider, the oldest first, the first `most` of them. */
export interface OrderBoard {
  place_id: string;
  most: number;
  orders: OrderSummary[];
}

/** This place accepted it. */
export interface OrderBoardConfirmed {
  place_id: string;
  order: OrderSummary;
  /** False: it ended, or was offered to another provider, and leaves the board. */
  stands: boolean;
  /** What is shown last now, where a longer list than the board shows lost one. */
  moved_up: OrderSummary[];
}

/** An order is offered to this place: accept it before `accept_by`. */
export interface OrderBoardCreated {
  place_id: string;
  order: OrderSummary;
  /** False: it ended, or was offered to another provider, and leaves the board. */
  stands: boolean;
  /** What is shown last now, where a longer list than the board shows lost one. */
  moved_up: OrderSummary[];
}

/** It went on, ended, or is another's now. */
export interface OrderBoardUpdated {
  place_id: string;
  order: OrderSummary;
  /** False: it ended, or was offered to another provider, and leaves the board. */
  stands: boolean;
  /** What is shown last now, where a longer list than the board shows lost one. */
  moved_up: OrderSummary[];
}

export interface OrderCancelLineParams {
  order_id: string;
  line_id: string;
  /** One line of text */
  reason: string;
  count?: number | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface OrderCancelParams {
  order_id: string;
  reason?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface OrderConfirmParams {
  order_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** Its provider accepted it. */
export interface OrderConfirmed {
  order_id: string;
  order: OrderView;
}

/** Where it goes, and whom to call. */
export interface OrderContact {
  name: string;
  phone: string | null;
  address: string | null;
  notes: string | null;
}

export interface OrderCreateParams {
  place_id: string;
  items: Wanted[];
  /** In capitals */
  postal_code: string;
  patient_id?: string | null;
  prescription_id?: string | null;
  fulfilment?: Fulfilment;
  address?: string | null;
  phone?: string | null;
  payment_mode?: OrderPaymentMode;
  notes?: string | null;
  total?: Money | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** An order stands; its provider learns of it once it is offered. */
export interface OrderCreated {
  order_id: string;
  order: OrderView;
}

/** An order with its history. `contact`: for her side, and for who accepted it until 30 days after its end. `handover_code`: the four digits, for her side alone, while it is under way. */
export interface OrderDetail {
  order: OrderView;
  contact: OrderContact | null;
  handover_code: string | null;
  refunds: OrderRefundView[];
  steps: OrderStepView[];
}

export interface OrderGetParams {
  order_id: string;
}

/** One thing on an order; `cancelled` of its `quantity` are not delivered. `replaces`: what she consented to have replaced by it, or what another pharmacy brings of another maker, which she was told. */
export interface OrderLineView {
  id: string;
  n: number;
  item_id: string | null;
  name: string;
  schedule: string | null;
  quantity: number;
  cancelled: number;
  unit_price: Money;
  replaces: string | null;
  prescription_line_id: string | null;
  lab_test_id: string | null;
}

export interface OrderListParams {
  state?: OrderState | null;
  kind?: ProviderKind | null;
  source?: OrderSource | null;
  patient_id?: string | null;
  place_id?: string | null;
  request_id?: string | null;
  since?: string | null;
  until?: string | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
}

/** When it is paid. */
export type OrderPaymentMode = "online" | "counter" | "free";

/** What goes back to who paid, and for which reason word. */
export interface OrderRefundView {
  id: string;
  money: Money;
  reason: string;
  made_at: string;
}

export interface OrderRejectParams {
  order_id: string;
  /** One line of text */
  reason: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface OrderRenewCodeParams {
  order_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface OrderReofferParams {
  order_id: string;
  place_id: string;
  /** One for each line that is left */
  items: Swap[];
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface OrderSetStatusParams {
  order_id: string;
  status: OrderState;
  code?: string | null;
  reason?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** Where an order comes from. */
export type OrderSource = "direct" | "request";

/** Where an order stands. */
export type OrderState = "created" | "confirmed" | "preparing" | "ready" | "out_for_delivery" | "failed" | "delivered" | "collected" | "returned" | "expired" | "sample_scheduled" | "missed" | "sample_collected" | "sample_rejected" | "processing" | "report_ready" | "completed" | "rejected" | "cancelled";

/** It went on, or something on it changed: another state, a cut line, a payment, a refund. */
export interface OrderStatusUpdated {
  order_id: string;
  order: OrderView;
}

/** A step of an order. `actor_id` is null where it moved by itself; `place_id` who had it then. */
export interface OrderStepView {
  revision: number;
  move: string;
  state: OrderState;
  place_id: string;
  actor_id: string | null;
  reason: string | null;
  at: string;
}

/** An order on its provider's board. */
export interface OrderSummary {
  id: string;
  number: string;
  source: OrderSource;
  state: OrderState;
  revision: number;
  fulfilment: Fulfilment;
  lines: number;
  total: Money;
  paid: boolean;
  accept_by: string | null;
  created_at: string;
  changed_at: string;
}

/** An order. `total`: what is on it now, with the fee; `paid` and `refunded`: of that, and of what was cut. `accept_by`: until when its provider is to accept it; null until it was offered (an order that is paid online waits for the money until `pay_by`). `ended_at`: nothing more happens to it but `completed`. */
export interface OrderView {
  id: string;
  number: string;
  kind: ProviderKind;
  source: OrderSource;
  request_id: string | null;
  prescription_id: string | null;
  patient_id: string;
  place_id: string;
  state: OrderState;
  revision: number;
  fulfilment: Fulfilment;
  postal_code: string;
  lines: OrderLineView[];
  delivery_fee: Money;
  total: Money;
  payment_mode: OrderPaymentMode;
  pay_by: string | null;
  paid: Money | null;
  paid_at: string | null;
  refunded: Money;
  accept_by: string | null;
  alarmed_at: string | null;
  ended_at: string | null;
  reason: string | null;
  created_at: string;
  changed_at: string;
}

/** A code is on its way to the number, whoever has it. */
export interface OtpSent {
  expires_at: string;
  resend_after_s: number;
}

/** Leave to book one seat more than this slot has, once. */
export interface Override {
  id: string;
  doctor_id: string;
  place_id: string | null;
  mode: CalendarMode;
  starts_at: string;
  granted_at: string;
}

/** One's own order that waits, if there is one. */
export interface OwnErasure {
  erasure: Erasure | null;
}

/** What was said: by a place, or by a doctor for her consultations by video without one. Null: as the platform says. `changed_at` null: nothing was said yet. */
export interface OwnTerms {
  place_id: string | null;
  doctor_id: string | null;
  needs_confirmation: boolean;
  refund: RefundStep[] | null;
  hold_minutes: number | null;
  request_minutes: number | null;
  lead_minutes: number;
  horizon_days: number;
  revisit_days: number;
  revisit_visits: number;
  payment_modes: CalendarPaymentMode[] | null;
  reminder_minutes: number[] | null;
  changed_at: string | null;
  fees: FeeView[];
}

export interface PackageCreateParams {
  /** A person's or thing's name as people write it */
  name: string;
  /** ISO 3166, e.g. IN */
  country: string;
  duration_days: number;
  /** ISO 4217 */
  currency: string;
  /** In minor units, e.g. paise */
  amount: number;
  description?: string;
  inclusions?: string[];
  hospital_ids?: string[];
  treatment_ids?: string[];
  flights_included?: boolean;
  accommodation_included?: boolean;
  transfers_included?: boolean;
  is_active?: boolean;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface PackageDeleteParams {
  package_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface PackageGetParams {
  package_id: string;
  locale?: string | null;
}

export interface PackageListParams {
  country?: string | null;
  currency?: string | null;
  duration_max?: number | null;
  price_min?: number | null;
  price_max?: number | null;
  hospital_id?: string | null;
  treatment_id?: string | null;
  is_active?: boolean | null;
  search?: string | null;
  order?: "duration" | "name" | "price" | "relevance" | null;
  locale?: string | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
  count?: boolean;
}

export interface PackageSetSeasonsParams {
  package_id: string;
  seasons: Season[];
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface PackageUpdateParams {
  package_id: string;
  /** A person's or thing's name as people write it */
  name?: string;
  /** ISO 3166, e.g. IN */
  country?: string;
  duration_days?: number;
  /** In minor units, e.g. paise */
  amount?: number;
  description?: string | null;
  inclusions?: string[];
  hospital_ids?: string[];
  treatment_ids?: string[];
  flights_included?: boolean;
  accommodation_included?: boolean;
  transfers_included?: boolean;
  is_active?: boolean;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** A package. `price` is its own, `price_now` that of the season today (UTC). */
export interface PackageView {
  id: string;
  name: string;
  country: string;
  description: string | null;
  duration_days: number;
  inclusions: string[];
  hospital_ids: string[];
  treatment_ids: string[];
  flights_included: boolean;
  accommodation_included: boolean;
  transfers_included: boolean;
  price: Money;
  price_now: Money;
  seasons: Season[];
  is_active: boolean;
  locale: string;
  fallback: string[];
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfAccessView {
  rows: AccessView[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfActivityView {
  rows: ActivityView[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfCaseView {
  rows: CaseView[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfConsentView {
  rows: ConsentView[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfConsultationCard {
  rows: ConsultationCard[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfDoctorView {
  rows: DoctorView[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfFaqView {
  rows: FaqView[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfGatewayRefundView {
  rows: GatewayRefundView[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfGlassView {
  rows: GlassView[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfHistoryItem {
  rows: HistoryItem[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfHospitalDoctor {
  rows: HospitalDoctor[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfHospitalView {
  rows: HospitalView[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfInsuranceView {
  rows: InsuranceView[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfJobView {
  rows: JobView[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfLabCatalogView {
  rows: LabCatalogView[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfLabReportView {
  rows: LabReportView[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfLabTestView {
  rows: LabTestView[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfLaboratoryCatalogue {
  rows: LaboratoryCatalogue[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfLaboratoryView {
  rows: LaboratoryView[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfLetterView {
  rows: LetterView[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfListedVisit {
  rows: ListedVisit[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfMediaView {
  rows: MediaView[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfMedicalRecordView {
  rows: MedicalRecordView[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfMedicineView {
  rows: MedicineView[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfMovementView {
  rows: MovementView[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfOffered {
  rows: Offered[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfOnlinePayment {
  rows: OnlinePayment[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfOrderView {
  rows: OrderView[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfPackageView {
  rows: PackageView[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfPatientView {
  rows: PatientView[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfPaymentView {
  rows: PaymentView[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfPharmacyServiceView {
  rows: PharmacyServiceView[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfPharmacyStock {
  rows: PharmacyStock[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfPharmacyView {
  rows: PharmacyView[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfPrescriptionCard {
  rows: PrescriptionCard[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfRefundView {
  rows: PaymentRefundView[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfRequestView {
  rows: RequestView[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfReviewView {
  rows: ReviewView[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfSessionView {
  rows: SessionView[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfSpecialtyView {
  rows: SpecialtyView[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfStockBatch {
  rows: StockBatch[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfThreadView {
  rows: ThreadView[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfTranslationView {
  rows: TranslationView[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfTreatmentHospital {
  rows: TreatmentHospital[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfTreatmentView {
  rows: TreatmentView[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfUserView {
  rows: UserView[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfWait {
  rows: Wait[];
  cursor: string | null;
  total: number | null;
}

/** Some rows, and where to go on; `cursor` is null on the last page, `total` where it was not asked for. */
export interface PageOfWebsiteView {
  rows: WebsiteView[];
  cursor: string | null;
  total: number | null;
}

/** What is to be paid for a thing. `money` None: nothing (any more). `place_id`: at whose counter it can be paid; `until`: as long as this is kept for the money, if it is. */
export interface PaidOwed {
  money: Money | null;
  place_id: string | null;
  patient_id: string | null;
  until: string | null;
}

/** The money does not count, and goes back whole. */
export interface PaidRefundDue {
  outcome?: "refund_due";
  reason: Due;
}

/** What a new screen gets: the code to show and the secret to log in with. */
export interface Pairing {
  display_id: string;
  code: string;
  secret: string;
  expires_at: string;
}

/** The prescription that a pharmacist has read and stamped, as the register has it. */
export interface Paper {
  /** A person's or thing's name as people write it */
  prescriber: string;
  /** Street and house */
  prescriber_address: string;
  /** A person's or thing's name as people write it */
  patient: string;
  written_on: string;
}

/** A number given on paper. */
export interface PaperNumber {
  number: number;
  /** A person's or thing's name as people write it */
  name: string;
  arrived_at: string;
  phone?: string | null;
  birth_year?: number | null;
  sex?: Sex | null;
  /** Set when she was seen during the outage. */
  called_at?: string | null;
  ended_at?: string | null;
}

/** What of a hold is of one batch, in packs. */
export interface Part {
  id: string;
  medicine_id: string;
  batch_id: string;
  batch: string;
  expires_on: string;
  quantity: number;
  state: PartState;
  sold: number;
  returned: number;
}

/** What became of a part of a hold. */
export type PartState = "held" | "sold" | "freed";

/** What one provider offers, for how much. `order_id`: what came of it. */
export interface PartView {
  id: string;
  place_id: string;
  lines: BillLineView[];
  delivery_fee: Money;
  total: Money;
  order_id: string | null;
}

/** The new password counts; so many logins of other devices were ended. */
export interface PasswordChanged {
  logins_ended: number;
}

export interface PatientAcceptGuardianParams {
  invitation_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface PatientAccessesParams {
  patient_id?: string | null;
  since?: string | null;
  until?: string | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
}

export interface PatientClaimParams {
  patient_id: string;
  /** The six digits of the message */
  code: string;
  /** what one is to the patient. `self` merges it into one's own record. The fact is the year of birth where the record has one, else the name. Can be undone with `patient.undo_claim`. */
  kind: Kin;
  /** The patient's year of birth, or name */
  answer: string;
}

export interface PatientClaimableParams { [key: string]: never }

export interface PatientClaimsParams { [key: string]: never }

export interface PatientCreateParams {
  /** A person's or thing's name as people write it */
  name: string;
  kind: Kin;
  birth_year?: number | null;
  sex?: Sex | null;
  birth_date?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** What is to come and what waits for a patient, over all her records. `appointments`, `requests` and `orders` are those that are not over; `tokens` her places in lines now. `unread_messages` are of her chats, `unread_notifications` of the account that asks. */
export interface PatientDashboard {
  patient_id: string;
  appointments: number;
  next_appointment_at: string | null;
  tokens: number;
  requests: number;
  orders: number;
  unread_messages: number;
  unread_notifications: number;
}

export interface PatientDeclineGuardianParams {
  invitation_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface PatientDeleteParams {
  patient_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** Nobody finds this patient any more. What was written about her stays for the legal time. */
export interface PatientDeleted {
  id: string;
}

export interface PatientEndGuardianParams {
  patient_id: string;
  account_id?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface PatientGetParams {
  patient_id?: string | null;
}

export interface PatientGuardiansParams {
  patient_id?: string | null;
}

export interface PatientHistoryParams {
  patient_id?: string | null;
  kind?: HistoryKind | null;
  since?: string | null;
  until?: string | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
}

/** What is still to come of one patient's appointments, and which seats are held for her, the earliest first. */
export interface PatientHome {
  patient_id: string;
  appointments: Visit[];
  holds: Held[];
}

export interface PatientInvitationsParams { [key: string]: never }

export interface PatientInviteGuardianParams {
  patient_id: string;
  /** A telephone number, best in E.164 */
  phone: string;
  kind: Guardian;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface PatientListParams {
  whose?: CareWhose;
  place_id?: string | null;
  search?: string | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
}

export interface PatientUndoClaimParams {
  patient_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface PatientUpdateParams {
  patient_id: string;
  name?: string | null;
  birth_date?: string | null;
  sex?: Sex | null;
  phone?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** Who she is and how she is reached; nothing clinical. `kind` is what the account's holder is to her, null for whoever treats her: only those see `last_visit_at`. */
export interface PatientView {
  id: string;
  name: string;
  birth_year: number | null;
  birth_date: string | null;
  sex: Sex | null;
  kind: Kin | null;
  phone: string | null;
  last_visit_at: string | null;
}

/** Why a doctor paused. A closed list: the waiting room reads it, so nobody may type a patient's name into it. */
export type PauseReason = "break" | "rounds" | "emergency" | "prayer" | "technical" | "other";

/** What can be paid for. */
export type Payable = "appointment" | "order" | "request";

export interface PaymentAttemptsParams {
  state?: PaymentState | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
}

export interface PaymentCreateParams {
  about: Payable;
  /** The appointment, order or request */
  about_id: string;
  money: Money;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface PaymentGatewayRefundsParams {
  state?: RefundState | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
}

export interface PaymentHandBackParams {
  refund_id: string;
  means: Means;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface PaymentListParams {
  place_id?: string | null;
  patient_id?: string | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
}

export interface PaymentOwedParams {
  about: Payable;
  /** The appointment, order or request */
  about_id: string;
}

/** Something that was paid at this counter goes back. */
export interface PaymentRefundDue {
  place_id: string;
  refund: PaymentRefundView;
}

/** Money of a counter payment that goes back. `means`: how it was taken; `handed_at`: null as long as it is due. */
export interface PaymentRefundView {
  id: string;
  payment_id: string;
  about: Payable;
  about_id: string;
  number: string;
  place_id: string;
  money: Money;
  means: Means;
  reason: string;
  due_at: string;
  handed_at: string | null;
  handed_means: Means | null;
}

export interface PaymentRefundsParams {
  place_id?: string | null;
  patient_id?: string | null;
  handed?: boolean | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
}

export interface PaymentRetryParams {
  payment_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** Where an attempt to pay stands. */
export type PaymentState = "pending" | "processing" | "completed" | "failed" | "cancelled" | "partially_refunded" | "refunded";

/** A payment, and what the app pays it with: null before it is `ready`, and when it is over. */
export interface PaymentStatus {
  payment: OnlinePayment;
  checkout: Checkout | null;
}

export interface PaymentStatusParams {
  payment_id: string;
}

export interface PaymentTakeParams {
  about: Payable;
  /** The appointment, order or request */
  about_id: string;
  money: Money;
  means: Means;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** A payment was begun, or has come further. */
export interface PaymentUpdated {
  account_id: string;
  payment: OnlinePayment;
}

/** A payment that was taken at a counter, and for what. */
export interface PaymentView {
  id: string;
  about: Payable;
  about_id: string;
  place_id: string;
  money: Money;
  means: Means;
  taken_at: string;
}

/** What an account pays online, the latest `most` of it first. */
export interface Payments {
  account_id: string;
  most: number;
  payments: OnlinePayment[];
}

export interface PharmacyCreateParams {
  /** A name as the public reads it; no word mixes alphabets */
  name: string;
  /** A person's or thing's name as people write it */
  city: string;
  /** An IANA time zone, e.g. Asia/Kolkata */
  zone: string;
  /** A person's or thing's name as people write it */
  state?: string;
  /** Street and house */
  address?: string;
  /** In capitals */
  postal_code?: string;
  /** ISO 3166, e.g. IN */
  country?: string;
  /** Of the building, in degrees */
  latitude?: number;
  /** Of the building, in degrees */
  longitude?: number;
  /** A telephone number, best in E.164 */
  phone?: string;
  email?: string;
  website?: string;
  /** The licence's number */
  licence?: string;
  description?: string;
  /** For administrators: who is offered the duty of owner */
  owner_phone?: string;
  served_postal_codes?: string[];
  delivery_fee?: Money;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** A pharmacy's counts. `live` is what `counters:{place_id}` tells from there on. `articles` are on sale, `low` of them run low; `expiring` batches with something in them expire within 30 days, `expired` ones did. `quotes` are open bills that it is on. */
export interface PharmacyDashboard {
  place_id: string;
  live: Counts;
  articles: number;
  low: number;
  expiring: number;
  expired: number;
  quotes: number;
  rating: Tally;
}

export interface PharmacyDeleteParams {
  pharmacy_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface PharmacyGetParams {
  pharmacy_id: string;
  locale?: string | null;
}

/** A pharmacy's stock, and its articles page by page. */
export interface PharmacyInventory {
  summary: PharmacyStock;
  rows: ArticleStock[];
  cursor: string | null;
}

export interface PharmacyListParams {
  city?: string | null;
  state?: string | null;
  postal_code?: string | null;
  country?: string | null;
  approval?: Approval | null;
  open_now?: boolean | null;
  serves?: string | null;
  search?: string | null;
  locale?: string | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
  count?: boolean;
}

export interface PharmacyRejectParams {
  pharmacy_id: string;
  /** One line of text */
  reason: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface PharmacyServiceCreateParams {
  /** A person's or thing's name as people write it */
  name: string;
  pharmacy_id?: string;
  description?: string;
  price?: Money;
  is_active?: boolean;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface PharmacyServiceDeleteParams {
  pharmacy_service_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface PharmacyServiceGetParams {
  pharmacy_service_id: string;
}

export interface PharmacyServiceListParams {
  pharmacy_id?: string | null;
  is_active?: boolean | null;
  search?: string | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
  count?: boolean;
}

export interface PharmacyServiceUpdateParams {
  pharmacy_service_id: string;
  /** A person's or thing's name as people write it */
  name?: string;
  description?: string | null;
  price?: Money | null;
  is_active?: boolean;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** A service of a pharmacy; without a price it is asked for there. Everybody sees the active ones. */
export interface PharmacyServiceView {
  id: string;
  pharmacy_id: string;
  name: string;
  description: string | null;
  price: Money | null;
  is_active: boolean;
}

/** A pharmacy's stock in numbers. `value` is what is there at its selling prices, by currency; `expiring` are batches that expire within 30 days, or have and were not written off yet. */
export interface PharmacyStock {
  pharmacy_id: string;
  name: string;
  city: string;
  approval: Approval;
  articles: number;
  out_of_stock: number;
  low: number;
  expiring: number;
  value: Total[];
}

export interface PharmacyUpdateParams {
  pharmacy_id: string;
  /** A name as the public reads it; no word mixes alphabets */
  name?: string;
  /** A person's or thing's name as people write it */
  city?: string;
  /** An IANA time zone, e.g. Asia/Kolkata */
  zone?: string;
  state?: string | null;
  address?: string | null;
  postal_code?: string | null;
  /** ISO 3166, e.g. IN */
  country?: string;
  latitude?: number | null;
  longitude?: number | null;
  phone?: string | null;
  email?: string | null;
  website?: string | null;
  licence?: string | null;
  description?: string | null;
  served_postal_codes?: string[];
  delivery_fee?: Money | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface PharmacyVerifyParams {
  pharmacy_id: string;
  /** Of the facts you decide about: `facts_hash` */
  facts_hash: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** A pharmacy as everybody may see it, once it is approved. */
export interface PharmacyView {
  id: string;
  kind: PlaceKind;
  approval: Approval;
  name: string;
  description: string | null;
  address: string | null;
  city: string;
  state: string | null;
  postal_code: string | null;
  country: string;
  latitude: number | null;
  longitude: number | null;
  zone: string;
  phone: string | null;
  email: string | null;
  website: string | null;
  licence: string | null;
  /** On the place's own clock, at the moment of asking; null where nobody said when it is open. */
  open_now: boolean | null;
  opening_hours: Opening[];
  locale: string;
  fallback: string[];
  served_postal_codes: string[];
  delivery_fee: Money | null;
  orders_paused_until: string | null;
}

/** None. */
export interface PingParams { [key: string]: never }

/** Where a listener starts on one topic of a resume, as in a subscribe; or the `error` that keeps it out. */
export interface Place {
  offset?: number;
  snapshot?: unknown;
  events?: Missed[];
  resync?: boolean;
  /** The error object a subscribe would have been answered with (`not_found`: the right is gone). */
  error?: { [key: string]: unknown };
}

export interface PlaceChangeMemberParams {
  account_id: string;
  duty: Duty;
  to: Duty;
  place_id?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface PlaceGetParams {
  place_id: string;
}

export interface PlaceInvitationsParams {
  place_id?: string | null;
}

export interface PlaceInviteMemberParams {
  /** A telephone number, best in E.164 */
  phone: string;
  duty: Duty;
  /** your only place. She logs in by OTP and accepts. */
  place_id?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** What stands at an address. */
export type PlaceKind = "clinic" | "hospital" | "pharmacy" | "laboratory";

export interface PlaceLeaveParams {
  duty?: Duty | null;
  place_id?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface PlaceMembersParams {
  place_id?: string | null;
}

export interface PlaceRemoveMemberParams {
  account_id: string;
  duty?: Duty | null;
  place_id?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** A clinic, hospital, pharmacy or laboratory; `zone` is the time zone its wall clocks show. */
export interface PlaceView {
  id: string;
  kind: PlaceKind;
  name: string;
  zone: string;
  city: string;
  phone: string | null;
  rooms: RoomView[];
}

export interface PlaceWithdrawInvitationParams {
  invitation_id: string;
  place_id?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** The rules as they are now; `version` counts the changes. */
export interface PlatformSettings {
  version: number;
  /** How long after the last visit a relationship opens anything (PRODUCT 5). */
  relation_days: number;
  /** How long a chat stays open after its visit or order. */
  chat_days: number;
  /** Hundredths of a per cent */
  commission_doctor: number;
  /** Hundredths of a per cent */
  commission_pharmacy: number;
  /** Hundredths of a per cent */
  commission_laboratory: number;
  /** Hundredths of a per cent */
  commission_hospital: number;
  /** ISO 4217 */
  currency: string;
  /** In minor units of `currency` */
  withdrawal_minimum: number;
  /** Minutes before a visit at which its patient is reminded */
  reminder_minutes: number[];
  /** The earliest first; later than the last step nothing goes back */
  refund_steps: RefundStep[];
  /** How long a slot is held for who is about to pay, where the place says nothing else; so with the next. */
  hold_minutes: number;
  request_minutes: number;
  /** How long a seat that became free is kept for who waited for it. */
  offer_minutes: number;
  /** Seats that an account may hold at once without booking them. */
  holds_max: number;
  /** How long a critical laboratory value waits for its doctor before others are told, and they before the next. */
  critical_minutes: number;
  /** Parts of the product that are on or off */
  switches: { [key: string]: boolean };
}

/** The expected time of being called for who has `before` others before her. Between points: linear. */
export interface Point {
  before: number;
  low: string;
  mid: string;
  high: string;
}

/** What was shown before booking and holds for it, whatever is changed later. */
export interface Policy {
  refund: RefundStep[];
  revisit_days: number;
  revisit_visits: number;
}

/** `server_time` dates idempotency keys; `product_time` is the clinic's clock (differs only in demonstrations). */
export interface Pong {
  server_time: string;
  product_time: string;
}

/** Where a doctor works; `is_primary` is the one she names first. */
export interface PracticeView {
  place_id: string;
  name: string;
  city: string;
  department: string | null;
  is_primary: boolean;
}

/** All of a prescription. `doctor` and `registration` are the doctor's as they were when it was issued. `supersedes_spent`: how much its doctor knew to have been given out of what it takes the place of. */
export interface Prescription {
  id: string;
  consultation_id: string;
  appointment_id: string | null;
  patient_id: string;
  doctor_id: string;
  place_id: string | null;
  state: PrescriptionState;
  version: number;
  lines: PrescriptionLine[];
  investigations: string[];
  instructions: string | null;
  valid_until: string | null;
  supersedes_id: string | null;
  supersedes_spent: number | null;
  superseded_by: string | null;
  doctor: string | null;
  registration: string | null;
  allergy_check: AllergyOutcome | null;
  override_reason: string | null;
  created_at: string;
  issued_at: string | null;
  ended_at: string | null;
  cancel_reason: string | null;
  /** Nothing is left of any line. */
  is_dispensed: boolean;
}

export interface PrescriptionCancelParams {
  prescription_id: string;
  /** One line of text */
  reason: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** It is out of force. */
export interface PrescriptionCancelled {
  id: string;
  state: PrescriptionState;
}

/** A prescription in a list. */
export interface PrescriptionCard {
  id: string;
  patient_id: string;
  consultation_id: string;
  doctor_id: string;
  doctor: string | null;
  place_id: string | null;
  state: PrescriptionState;
  medicines: CardLine[];
  created_at: string;
  issued_at: string | null;
  valid_until: string | null;
  is_dispensed: boolean;
}

export interface PrescriptionCheckParams {
  prescription_id: string;
}

export interface PrescriptionCreateParams {
  consultation_id?: string | null;
  appointment_id?: string | null;
  lines?: MedicineOrder[];
  /** Tests asked for, one a line */
  investigations?: string[];
  instructions?: string | null;
  valid_until?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** A doctor issued a prescription. Its place is by `issued_at`: of two issued at once the later is told first. */
export interface PrescriptionCreated {
  patient_id: string;
  prescription: PrescriptionCard;
}

export interface PrescriptionDeleteParams {
  prescription_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** The draft is gone. */
export interface PrescriptionDeleted {
  id: string;
}

export interface PrescriptionDispenseParams {
  prescription_id: string;
  lines: DispensedLine[];
  place_id?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface PrescriptionGetParams {
  prescription_id: string;
}

export interface PrescriptionIssueParams {
  prescription_id: string;
  override?: AllergyOverride | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** One line as it stands. `class_known` false: the allergy check knew its name only, not what it belongs to. */
export interface PrescriptionLine {
  /** A person's or thing's name as people write it */
  medicine: string;
  generic: string | null;
  strength: string | null;
  form: MedicineForm;
  dose: string;
  frequency: string;
  duration_days: number | null;
  /** Whole units: tablets, bottles, … */
  quantity: number;
  schedule: CareSchedule;
  /** The pharmacy may give the same substance of another maker, with the patient's consent. */
  substitution: boolean;
  instructions: string | null;
  id: string;
  number: number;
  /** Units dispensed so far. */
  spent: number;
  class_known: boolean | null;
}

export interface PrescriptionListParams {
  whose?: PrescriptionsOf;
  patient_id?: string | null;
  doctor_id?: string | null;
  place_id?: string | null;
  consultation_id?: string | null;
  appointment_id?: string | null;
  state?: PrescriptionState | null;
  since?: string | null;
  until?: string | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
}

/** Whether a prescription is in force. */
export type PrescriptionState = "draft" | "issued" | "superseded" | "cancelled";

export interface PrescriptionSupersedeParams {
  prescription_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface PrescriptionUpdateParams {
  prescription_id: string;
  version: number;
  lines?: MedicineOrder[];
  /** Tests asked for, one a line */
  investigations?: string[];
  instructions?: string | null;
  valid_until?: string | null;
  /** you have seen that so much was given out of what it takes the place of (`dispensed_since`). */
  supersedes_spent?: number;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** One was superseded or cancelled, or something of it was dispensed or came back; this is its card now. */
export interface PrescriptionUpdated {
  patient_id: string;
  prescription: PrescriptionCard;
}

/** A patient's latest prescriptions, at most fifty, the latest first; those of records merged into hers count. */
export interface Prescriptions {
  patient_id: string;
  prescriptions: PrescriptionCard[];
}

/** A record was merged into hers, or is hers no longer: this is the whole list now. */
export interface PrescriptionsListed {
  patient_id: string;
  prescriptions: PrescriptionCard[];
}

/** Whose prescriptions are asked for. */
export type PrescriptionsOf = "patient" | "doctor" | "pharmacy";

/** Why a token goes before others. A closed list, and every use is recorded. */
export type Priority = "emergency" | "elderly" | "pregnant" | "disabled" | "infant";

/** An account as its owner sees it. `pending` capacities wait for verification and open nothing yet. */
export interface Profile {
  id: string;
  name: string;
  phone: string | null;
  email: string | null;
  email_verified: boolean;
  locale: string;
  /** Her own clock (IANA), if she said which; `quiet` is on it, on her visits' clocks without. */
  zone: string | null;
  /** When nothing is told that can wait, as reminders can. */
  quiet: QuietHours | null;
  capacities: Capacity[];
  pending: Capacity[];
  memberships: MembershipView[];
}

export interface ProfileChangeEmailParams {
  email: string;
}

export interface ProfileChangePasswordParams {
  old_password: string;
  /** At least 8 characters; never logged */
  password: string;
}

export interface ProfileChangePhoneParams {
  /** A telephone number, best in E.164 */
  phone: string;
  /** The six digits of the message */
  code: string;
}

export interface ProfileConfirmEmailParams {
  /** A token or password; never logged */
  token: string;
}

export interface ProfileGetParams { [key: string]: never }

export interface ProfileSetQuietHoursParams {
  quiet: QuietHours | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface ProfileUpdateParams {
  name?: string | null;
  locale?: string | null;
  zone?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** The account's profile, capacities or memberships changed; this is the whole profile as it is now. */
export interface ProfileUpdated {
  account_id: string;
  profile: Profile;
}

export interface ProviderHoursParams {
  place_id: string;
}

/** Who fulfils an order. */
export type ProviderKind = "pharmacy" | "laboratory";

export interface ProviderPauseOrdersParams {
  place_id: string;
  until: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface ProviderSetHoursParams {
  place_id: string;
  /** The whole week; split shifts are two windows */
  weekly: Opening[];
  holidays: Holiday[];
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface ProviderTopicsParams {
  place_id?: string | null;
}

/** What a consent is for. */
export type Purpose = "treatment" | "second_opinion" | "dispensing" | "testing" | "treatment_abroad";

export interface QueueAlertParams {
  token_id: string;
  before?: number | null;
  minutes?: number | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface QueueArrivalCodeParams {
  renew?: boolean;
  place_id?: string | null;
}

export interface QueueArriveParams {
  token_id: string;
  code?: string | null;
  priority?: Priority | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface QueueAwayParams {
  token_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface QueueBackParams {
  token_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface QueueBackfillParams {
  session_id: string;
  papers: PaperNumber[];
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface QueueBeginParams {
  token_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** This display was approved, renamed or revoked, or the sessions it shows changed: the whole board, again. */
export interface QueueBoardUpdated {
  display_id: string;
  board: BoardSnapshot;
}

export interface QueueCallNextParams {
  session_id: string;
  room_id?: string | null;
  finish_current?: boolean;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface QueueCallParams {
  token_id: string;
  room_id?: string | null;
  finish_current?: boolean;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface QueueCompleteParams {
  token_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** Why a token was cancelled. */
export type QueueEndReason = "left" | "session_ended" | "session_cancelled" | "not_arrived" | "patient_gone";

export interface QueueExpectParams {
  session_id: string;
  due_at: string;
  patient_id?: string | null;
  name?: string | null;
  phone?: string | null;
  birth_year?: number | null;
  sex?: Sex | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface QueueGetParams {
  session_id: string;
}

export interface QueueJoinParams {
  session_id: string;
  patient_id?: string | null;
  code?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface QueueLeaveParams {
  token_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface QueueLookParams {
  /** A token or password; never logged */
  key: string;
}

export interface QueueMoveParams {
  token_id: string;
  before: number;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface QueueNoShowParams {
  token_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface QueuePrioritiseParams {
  token_id: string;
  reason: Priority | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface QueueRecallParams {
  token_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** How the session stands, in every view. */
export interface QueueSitting {
  session_id: string;
  state: SessionState;
  starts_at: string;
  ends_at: string;
  delayed_until: string | null;
  paused_reason: PauseReason | null;
  resumes_at: string | null;
  calls: number;
  /** Tokens that have not arrived yet. */
  expected: number;
}

export interface QueueSkipParams {
  token_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface QueueSlipParams {
  token_id: string;
}

/** The whole line for the desk. Who waits is called in ascending `place`. */
export interface QueueSnapshot {
  sitting: QueueSitting;
  tokens: DeskToken[];
  /** Expected times by how many are before one; in between: linear. */
  curve: Point[];
}

export interface QueueUndoParams {
  token_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** The line moved, for the desk: the tokens that changed, with names, and the expected times by position. */
export interface QueueUpdated {
  session_id: string;
  sitting: QueueSitting;
  tokens: DeskToken[];
  curve: Point[];
}

/** A line as the caller may see it. */
export interface QueueView {
  sitting: QueueSitting;
  current: RoomNow[];
  waiting: number;
  /** When who arrives now would be called. */
  expected_if_joined: Expected | null;
  /** The tokens of the patients the caller acts for. */
  mine: TokenView[];
  /** The whole line with names: only for those who run it. */
  queue: QueueSnapshot | null;
}

export interface QueueWalkInParams {
  session_id: string;
  /** A person's or thing's name as people write it */
  name: string;
  phone?: string | null;
  birth_year?: number | null;
  sex?: Sex | null;
  priority?: Priority | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** From `begins` until `ends` on the wall clock, on the next day when that is not later. */
export interface QuietHours {
  begins: string;
  ends: string;
}

/** What one provider offers. `delivery_fee`: by default the provider's, for `home`. */
export interface Quote {
  place_id: string;
  lines: Offer[];
  delivery_fee?: Money | null;
}

/** The bill was confirmed: `part.order_id` is the order of this place. */
export interface QuoteConfirmed {
  place_id: string;
  quote: QuoteView;
  /** False: the provider is not quoted any more. */
  stands: boolean;
  /** What is shown last now, where a longer list than the topic shows lost one. */
  moved_up: QuoteView[];
}

/** This place is on a bill; what it offers is kept until `valid_until`. */
export interface QuoteResponded {
  place_id: string;
  quote: QuoteView;
  /** False: the provider is not quoted any more. */
  stands: boolean;
  /** What is shown last now, where a longer list than the topic shows lost one. */
  moved_up: QuoteView[];
}

/** The bill changed, or came to nothing. */
export interface QuoteUpdated {
  place_id: string;
  quote: QuoteView;
  /** False: the provider is not quoted any more. */
  stands: boolean;
  /** What is shown last now, where a longer list than the topic shows lost one. */
  moved_up: QuoteView[];
}

/** A request as a quoted provider sees it: its own part, no other's. */
export interface QuoteView {
  request_id: string;
  kind: RequestKind;
  state: RequestState;
  revision: number;
  fulfilment: Fulfilment;
  postal_code: string;
  valid_until: string;
  part: PartView;
}

/** What a provider is quoted in and has not ended, the oldest first, the first `most` of them. */
export interface Quotes {
  place_id: string;
  most: number;
  quotes: QuoteView[];
}

/** What is normal for whom: `low` and `high` belong to it, an absent one does not limit. `sex` null: for everybody; `age_from` is included, `age_until` not. At or beyond a critical limit somebody has to act. */
export interface Range {
  sex?: Sex | null;
  /** In days of life */
  age_from?: number;
  age_until?: number | null;
  low?: number | null;
  high?: number | null;
  critical_low?: number | null;
  critical_high?: number | null;
}

/** One line of a paper prescription. `quantity`: its units (tablets, bottles), as it says them. */
export interface Read {
  /** A person's or thing's name as people write it */
  name: string;
  quantity: number;
  note?: string | null;
}

/** Up to which message your side has read, and how many are left. */
export interface ReadMark {
  side: ChatSide;
  seq: number;
  unread: number;
}

/** Somebody who can see something of a patient now, by one right. `records` empty: everything that she can. A relationship opens `summary` and what its doctor or place wrote. `ref`: what the right is and can be ended by; a visit and an order end by themselves. */
export interface Reader {
  kind: SeenBy;
  account_id: string | null;
  doctor_id: string | null;
  place_id: string | null;
  name: string;
  records: RecordType[];
  since: string;
  until: string | null;
  ref: string;
}

/** What a record is. */
export type RecordKind = "xray" | "mri" | "ct_scan" | "lab_report" | "prescription" | "discharge_summary" | "other";

/** What can be read of a patient: the unit of every right, and of a consent. */
export type RecordType = "summary" | "background" | "consultation" | "prescription" | "lab_report" | "medical_record" | "chat";

/** It was handed back, and leaves the list. */
export interface RefundHanded {
  place_id: string;
  refund: PaymentRefundView;
  /** What is shown last now, where a longer list than the topic shows lost one. */
  moved_up: PaymentRefundView[];
}

/** Where money stands that goes back through the gateway it came by. */
export type RefundState = "due" | "sent" | "failed";

/** So many hours before the beginning, or more, this share goes back. */
export interface RefundStep {
  hours_before: number;
  percent: number;
}

/** What is to be handed back at a counter, the oldest first, the first `most` of it. */
export interface Refunds {
  place_id: string;
  most: number;
  refunds: PaymentRefundView[];
}

/** A code is on its way. Give the ticket to `auth.otp_verify` together with the code. */
export interface Registered {
  registration: string;
  expires_at: string;
  resend_after_s: number;
}

/** Why a sample is of no use. A closed list: the patient reads it. */
export type RejectReason = "haemolysed" | "clotted" | "insufficient" | "contaminated" | "mislabelled" | "too_old" | "not_fasting" | "lost";

export interface RelationAcceptParams {
  relation_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface RelationAskParams {
  token_id: string;
}

export interface RelationConfirmParams {
  relation_id: string;
  /** The six digits of the message to the patient */
  code: string;
}

export interface RelationEndParams {
  relation_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface RelationListParams {
  patient_id?: string | null;
}

/** Where a relationship stands. Only a standing one opens anything. */
export type RelationState = "asked" | "standing" | "lapsed" | "ended";

/** Who may see a patient's summary because she goes there; nothing is opened unless it is `standing`. `doctor_id` is null where it is the place itself. `open_until`: as things are, then it lapses. */
export interface RelationView {
  id: string;
  patient_id: string;
  doctor_id: string | null;
  place_id: string;
  state: RelationState;
  made_at: string | null;
  last_visit_at: string | null;
  open_until: string | null;
}

/** Rows that stay without whose they are: in which table, why, and until when. */
export interface Remains {
  what: string;
  rows: number;
  reason: string;
  until: string;
}

/** The duties that ended. */
export interface Removed {
  place_id: string;
  account_id: string;
  duties: Duty[];
}

/** A fresh code for a screen that nobody approved in time. */
export interface Renewed {
  code: string;
  expires_at: string;
}

/** Where a report stands. What was published is never changed; an amendment is a further version. */
export type ReportState = "draft" | "published" | "amended";

export interface RequestAcceptParams {
  request_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** A coordinator has it in hand, or has taken it over. */
export interface RequestAccepted {
  request_id: string;
  request: RequestView;
}

export interface RequestAskReaderParams {
  request_id: string;
  place_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** One thing that is asked for, in the words of who asks. */
export interface RequestAsked {
  /** A person's or thing's name as people write it */
  name: string;
  quantity?: number;
  note?: string | null;
}

/** The open requests of a bucket, the oldest first, the first `most` of them. */
export interface RequestBoard {
  bucket: string;
  most: number;
  requests: RequestSummary[];
}

/** It is orders now, and leaves the board. */
export interface RequestBoardConfirmed {
  bucket: string;
  request: RequestSummary;
  /** What is shown last now, where a longer list than the board shows lost one. */
  moved_up: RequestSummary[];
}

/** Somebody asked. */
export interface RequestBoardCreated {
  bucket: string;
  request: RequestSummary;
  /** What is shown last now, where a longer list than the board shows lost one. */
  moved_up: RequestSummary[];
}

/** Anything else; one that ended leaves the board. */
export interface RequestBoardUpdated {
  bucket: string;
  request: RequestSummary;
  /** What is shown last now, where a longer list than the board shows lost one. */
  moved_up: RequestSummary[];
}

export interface RequestCancelParams {
  request_id: string;
  reason?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface RequestConfirmParams {
  request_id: string;
  bill_id: string;
  payment_mode: OrderPaymentMode;
  accept_substitutes?: boolean;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** It is orders now. */
export interface RequestConfirmed {
  request_id: string;
  request: RequestView;
}

export interface RequestCreateParams {
  kind: RequestKind;
  /** In capitals */
  postal_code: string;
  patient_id?: string | null;
  lines?: RequestAsked[] | null;
  media_ids?: string[] | null;
  prescription_id?: string | null;
  /** the coordinators may look at the photos themselves; without it only who reads them does. `address` is where it is brought, needed for `home`; only the provider of an order learns it and the `phone` to call (by default the patient's). */
  share?: boolean;
  fulfilment?: Fulfilment;
  address?: string | null;
  phone?: string | null;
  notes?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** She asked. */
export interface RequestCreated {
  request_id: string;
  request: RequestView;
}

/** A request, its history and its bills. `contact_name`, `contact_phone` and `address` are told to her own side only, `photos` to who may see them, `steps` and earlier `bills` not to providers. */
export interface RequestDetail {
  request: RequestView;
  contact_name: string | null;
  contact_phone: string | null;
  address: string | null;
  photos: MediaView[];
  bills: BillView[];
  steps: RequestStepView[];
}

export interface RequestGetParams {
  request_id: string;
}

/** What is asked for: of pharmacies, or of laboratories. */
export type RequestKind = "medicine" | "test";

/** One thing that is asked for. `source`: her side wrote it down, or a pharmacist read it from her photo. */
export interface RequestLineView {
  id: string;
  n: number;
  name: string;
  quantity: number;
  note: string | null;
  prescription_line_id: string | null;
  source: LineSource;
}

export interface RequestListParams {
  state?: RequestState | null;
  kind?: RequestKind | null;
  patient_id?: string | null;
  place_id?: string | null;
  /** only those a coordinator has in hand herself. */
  mine?: boolean;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
}

export interface RequestReadLinesParams {
  request_id: string;
  lines: Read[];
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface RequestRejectParams {
  request_id: string;
  /** One line of text */
  reason: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface RequestRespondParams {
  request_id: string;
  /** One for each provider */
  quotes: Quote[];
  valid_until: string;
  message?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** There is a bill, or another version of it. */
export interface RequestResponded {
  request_id: string;
  request: RequestView;
}

export interface RequestShareParams {
  request_id: string;
  share: boolean;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** Where a request stands. */
export type RequestState = "created" | "accepted" | "responded" | "confirmed" | "partially_fulfilled" | "closed" | "rejected" | "cancelled" | "expired";

/** A step of a request; `actor_id` is null where it moved by itself. */
export interface RequestStepView {
  revision: number;
  move: string;
  state: RequestState;
  actor_id: string | null;
  reason: string | null;
  at: string;
}

/** A request on the coordinators' board. `admin_id`: who has it in hand. */
export interface RequestSummary {
  id: string;
  kind: RequestKind;
  state: RequestState;
  revision: number;
  postal_code: string;
  lines: number;
  photos: number;
  admin_id: string | null;
  valid_until: string | null;
  created_at: string;
  changed_at: string;
}

export interface RequestTakeOverParams {
  request_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** Anything else: read, rejected, cancelled, expired, its bill withdrawn, ended. */
export interface RequestUpdated {
  request_id: string;
  request: RequestView;
}

/** A request. `shared`: she lets the coordinators see its photos and prescription. `photos` counts them. `bill`: the one that stands or was confirmed. `payment_mode`: chosen at `request.confirm`; with `online` it stays `responded` until the money came. `reason`: why it was rejected, cancelled or its bill withdrawn. */
export interface RequestView {
  id: string;
  kind: RequestKind;
  state: RequestState;
  revision: number;
  patient_id: string;
  fulfilment: Fulfilment;
  postal_code: string;
  notes: string | null;
  lines: RequestLineView[];
  photos: number;
  prescription_id: string | null;
  shared: boolean;
  admin_id: string | null;
  accepted_at: string | null;
  reader_place_id: string | null;
  read_at: string | null;
  bill: BillView | null;
  payment_mode: OrderPaymentMode | null;
  confirmed_at: string | null;
  paid_at: string | null;
  reason: string | null;
  created_at: string;
  changed_at: string;
}

export interface RequestWithdrawBillParams {
  request_id: string;
  /** One line of text */
  reason: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** A value as it was judged when its sample was taken, with the range it was judged by: neither changes when the catalogue or the patient's record does. `range` is null where none was hers, or several could be. */
export interface Result {
  analyte: string;
  name: string;
  unit: string | null;
  number: number | null;
  word: string | null;
  flag: Flag;
  range: Range | null;
}

/** Where the client stands on each topic. */
export interface ResumeParams {
  /** As an earlier answer or socket:welcome told it */
  epoch: string;
  topics: { [key: string]: number };
}

/** The same as a subscribe for each topic. */
export interface Resumed {
  epoch: string;
  topics: { [key: string]: Place };
}

export interface ReviewCreateParams {
  /** In stars */
  rating: number;
  appointment_id?: string | null;
  token_id?: string | null;
  text?: string | null;
  about?: About;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface ReviewDeleteParams {
  review_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface ReviewGetParams {
  review_id: string;
}

export interface ReviewListParams {
  whose?: ReviewWhose;
  doctor_id?: string | null;
  place_id?: string | null;
  rating?: number | null;
  state?: ReviewState | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
}

/** Whether others read it. */
export type ReviewState = "unverified" | "verified" | "rejected" | "deleted";

export interface ReviewSummaryParams {
  doctor_id?: string | null;
  place_id?: string | null;
}

export interface ReviewUpdateParams {
  review_id: string;
  /** In stars */
  rating?: number;
  text?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface ReviewVerifyParams {
  review_id: string;
  /** The revision that was read */
  revision: number;
  publish?: boolean;
  reason?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** A review. `author` is her name as the public reads it, e.g. `Priya S.`; null when she is no longer here. `doctor_id` and `place_id` name whom it is about. What is null below `mine` is for her side and moderators only; `reason` says why it was rejected. */
export interface ReviewView {
  id: string;
  doctor_id: string | null;
  place_id: string | null;
  rating: number;
  text: string | null;
  author: string | null;
  created_at: string;
  changed_at: string;
  mine: boolean;
  state: ReviewState;
  revision: number | null;
  token_id: string | null;
  appointment_id: string | null;
  patient_id: string | null;
  reason: string | null;
}

/** Which reviews are asked for. */
export type ReviewWhose = "public" | "mine" | "moderated";

/** The current number of a room. */
export interface RoomNow {
  room_id: string | null;
  room: string | null;
  number: number;
  state: TokenState;
}

/** A consulting room of a place. */
export interface RoomView {
  id: string;
  name: string;
}

/** Her schedule as it is now. `in_leave` visits are booked into her leave: in a quarter of an hour they are called off, but those that are outside of it by then, or that a day besides covers. `outside` lie in none of her hours any more and stand all the same, until somebody moves them or calls them off; `appointment.list` shows which. */
export interface Said {
  doctor_id: string;
  zone: string;
  weekly: CalendarWindow[];
  leave: Leave[];
  extra: Extra[];
  occasions: Occasion[];
  in_leave: number;
  outside: number;
}

/** The hours as they are now. `in_holidays` visits are booked into the holidays: in a quarter of an hour they are called off, but those that none closes on by then, or that its openings cover. */
export interface SaidHours {
  place_id: string;
  zone: string;
  weekly: Opening[];
  holidays: Holiday[];
  open_now: boolean | null;
  orders_paused_until: string | null;
  in_holidays: number;
}

/** So many packs of an article. `prescription_line_id`: of a prescription that her side showed to this pharmacy. */
export interface SaleLine {
  medicine_id: string;
  /** How many packs */
  quantity: number;
  prescription_line_id?: string | null;
}

/** What is taken of the patient. */
export type Sample = "blood" | "urine" | "stool" | "sputum" | "swab" | "saliva" | "tissue" | "fluid" | "none";

/** What an administrator may (PRODUCT 3). None opens clinical data. */
export type Scope = "verify" | "support" | "coordinate" | "content" | "money" | "privacy" | "super";

/** The topics of a screen; `more`: there are others that did not fit. */
export interface Screen {
  topics: string[];
  more: boolean;
}

/** What a package costs from a day until another, both included, in its currency's minor units. */
export interface Season {
  first: string;
  last: string;
  /** In minor units, e.g. paise */
  amount: number;
}

/** By which right somebody sees something of a patient: those of care, and those of what is going on with her. */
export type SeenBy = "own" | "guardian" | "relationship" | "consent" | "break_glass" | "visit" | "order";

export interface SessionCancelParams {
  session_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface SessionCreateParams {
  starts_at: string;
  ends_at: string;
  place_id?: string | null;
  doctor_id?: string | null;
  room_id?: string | null;
  /** joining and arriving is possible from then (default: 12 h before the start). */
  opens_at?: string | null;
  capacity?: number | null;
  booked_quota?: number | null;
  walk_in_quota?: number | null;
  remote_join?: boolean;
  /** one line called into several rooms, and no fixed `room_id`. Quotas that are absent do not limit. */
  multi_room?: boolean;
  average_minutes?: number;
  grace_minutes?: number;
  back_after?: number;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface SessionDelayParams {
  session_id: string;
  until: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface SessionEndParams {
  session_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface SessionGetParams {
  session_id: string;
}

export interface SessionListParams {
  doctor_id?: string | null;
  place_id?: string | null;
  since?: string | null;
  until?: string | null;
  state?: SessionState | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
}

export interface SessionPauseParams {
  session_id: string;
  reason: PauseReason;
  resumes_at?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface SessionResumeParams {
  session_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface SessionStartParams {
  session_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** Where a sitting stands. */
export type SessionState = "scheduled" | "live" | "paused" | "completed" | "cancelled";

export interface SessionUpdateParams {
  session_id: string;
  starts_at?: string;
  ends_at?: string;
  opens_at?: string;
  room_id?: string | null;
  capacity?: number | null;
  booked_quota?: number | null;
  walk_in_quota?: number | null;
  remote_join?: boolean;
  average_minutes?: number;
  grace_minutes?: number;
  back_after?: number;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** A sitting as everybody with a login sees it. */
export interface SessionView {
  id: string;
  doctor_id: string;
  place_id: string;
  room_id: string | null;
  zone: string;
  starts_at: string;
  ends_at: string;
  opens_at: string;
  capacity: number | null;
  booked_quota: number | null;
  walk_in_quota: number | null;
  remote_join: boolean;
  multi_room: boolean;
  average_minutes: number;
  grace_minutes: number;
  back_after: number;
  state: SessionState;
  started_at: string | null;
  delayed_until: string | null;
  paused_reason: PauseReason | null;
  resumes_at: string | null;
  ended_at: string | null;
}

/** The settings that shall be others; what is left out stays. */
export interface SettingsChange {
  relation_days?: number;
  chat_days?: number;
  /** Hundredths of a per cent */
  commission_doctor?: number;
  /** Hundredths of a per cent */
  commission_pharmacy?: number;
  /** Hundredths of a per cent */
  commission_laboratory?: number;
  /** Hundredths of a per cent */
  commission_hospital?: number;
  /** ISO 4217 */
  currency?: string;
  /** In minor units of `currency` */
  withdrawal_minimum?: number;
  /** Minutes before a visit at which its patient is reminded */
  reminder_minutes?: number[];
  /** The earliest first; later than the last step nothing goes back */
  refund_steps?: RefundStep[];
  hold_minutes?: number;
  request_minutes?: number;
  offer_minutes?: number;
  holds_max?: number;
  critical_minutes?: number;
  /** Parts of the product that are on or off */
  switches?: { [key: string]: boolean };
}

export interface SettingsGetParams { [key: string]: never }

export interface SettingsUpdateParams {
  changes: SettingsChange;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** How bad an allergy is. */
export type Severity = "mild" | "moderate" | "severe";

/** As the patient states it. */
export type Sex = "female" | "male" | "other";

/** What stands on a printed slip; the printing is the client's. */
export interface Slip {
  number: number | null;
  room: string | null;
  doctor: string;
  place: string;
  day: string;
  zone: string;
  expected: Expected | null;
  /** Reads this token and nothing else, for a day; goes into the QR code as the URL's fragment. */
  key: string;
  /** Path and fragment for the QR code, to be put behind the server's own address. */
  path: string;
}

/** What the key on a slip shows. No name. */
export interface SlipView {
  session_id: string;
  number: number | null;
  state: TokenState;
  before: number | null;
  expected: Expected | null;
  room: string | null;
}

/** What can be booked with a doctor now, the earliest first, and how many seats of each are free. */
export interface SlotList {
  doctor_id: string;
  slots: Free[];
}

export interface SlotListParams {
  doctor_id: string;
  first?: string | null;
  /** How many days */
  count?: number;
  place_id?: string | null;
  mode?: CalendarMode | null;
  only_free?: boolean;
}

/** The doctor offers something else on this day: all of it, again. */
export interface SlotsReset {
  doctor_id: string;
  day: string;
  slots: Free[];
}

/** These slots of the day have another number of free seats. */
export interface SlotsUpdated {
  doctor_id: string;
  day: string;
  slots: Free[];
}

export interface SpecialtyCreateParams {
  /** A stable word, e.g. `cardiology` */
  slug: string;
  /** A person's or thing's name as people write it */
  name: string;
  aliases?: string[];
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface SpecialtyDeleteParams {
  /** A stable word, e.g. `cardiology` */
  slug: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface SpecialtyGetParams {
  /** A stable word, e.g. `cardiology` */
  slug: string;
  locale?: string | null;
}

export interface SpecialtyListParams {
  search?: string | null;
  locale?: string | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
  count?: boolean;
}

export interface SpecialtyUpdateParams {
  /** A stable word, e.g. `cardiology` */
  slug: string;
  /** A person's or thing's name as people write it */
  name?: string;
  aliases?: string[];
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** A field of medicine; `slug` is its stable word. */
export interface SpecialtyView {
  slug: string;
  name: string;
  /** What people type who mean it, in any language. */
  aliases: string[];
  locale: string;
  fallback: string[];
}

/** What stands although an approval is gone: sittings that are not over and appointments that are to come, the next first (at most 200 of each are told). */
export interface Standing {
  verification_id: string;
  sessions: VerificationSitting[];
  appointments: Visit[];
  more: boolean;
}

/** What was done to a case. `adopt` takes over what stood before there were cases. */
export type Step = "adopt" | "submit" | "reopen" | "approve" | "reject" | "withdraw";

/** A pharmacy's stock: its articles that are there or low, by id. Their batches come page by page, `stock.list`. */
export interface Stock {
  pharmacy_id: string;
  lines: StockLine[];
}

export interface StockAdjustParams {
  batch_id: string;
  /** Packs more, or with a minus less */
  quantity: number;
  reason: AdjustReason;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** A batch on the shelf, in packs. `expired` is judged on the place's own calendar; `cost` is of one pack. */
export interface StockBatch {
  id: string;
  medicine_id: string;
  name: string;
  form: DosageForm;
  strength: string | null;
  number: string;
  expires_on: string;
  expired: boolean;
  cost: number | null;
  received_at: string;
  physical: number;
  held: number;
  /** At how many packs of the article, of all batches, its people are told. */
  low_at: number | null;
}

/** What changed the stock: a movement, or a hold that came or went. */
export type StockCause = "receive" | "sell" | "return" | "expire" | "adjust" | "hold" | "release" | "threshold";

/** Where a hold stands. One whose time is over is worth nothing, even while it still says `held`. */
export type StockHoldState = "held" | "sold" | "released" | "expired";

export interface StockImportParams {
  rows: ImportRow[];
  pharmacy_id?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** An article's stock in packs: what is there, and what of it is held for somebody. */
export interface StockLine {
  medicine_id: string;
  physical: number;
  held: number;
  /** There are as many as its people want to be told of, or fewer. */
  low: boolean;
}

export interface StockListParams {
  pharmacy_id?: string | null;
  medicine_id?: string | null;
  expires_until?: string | null;
  /** Also batches of which nothing is left */
  empty?: boolean;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
}

export interface StockMovementsParams {
  pharmacy_id?: string | null;
  medicine_id?: string | null;
  batch_id?: string | null;
  kind?: MovementKind | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
}

export interface StockReceiveParams {
  medicine_id: string;
  /** As printed on it */
  number: string;
  expires_on: string;
  /** How many packs */
  quantity: number;
  cost?: number | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface StockSellParams {
  lines: SaleLine[];
  pharmacy_id?: string | null;
  paper?: Paper | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface StockSetThresholdParams {
  medicine_id: string;
  low_at: number | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface StockTakeBackParams {
  hold_id: string;
  lines: Line[];
  sellable: boolean;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** The stock of these articles is now this; one with nothing there that is not low leaves the list. */
export interface StockUpdated {
  pharmacy_id: string;
  cause: StockCause;
  lines: StockLine[];
}

/** Who stands at the desk without a record. By exact phone and name the place's own patients are found again. */
export interface Stranger {
  /** A person's or thing's name as people write it */
  name: string;
  phone?: string | null;
  birth_year?: number | null;
  sex?: Sex | null;
}

/** What is verified. */
export type Subject = "doctor" | "place";

/** Which topic, and where the client stands on it if it was there before. */
export interface SubscribeParams {
  /** e.g. queue:0199… */
  topic: string;
  epoch?: string | null;
  after?: number | null;
}

/** Where a listener starts. */
export interface Subscribed {
  offset: number;
  snapshot?: unknown;
  events?: Missed[];
  resync?: boolean;
  epoch: string;
}

/** Somebody noted or ended something; this is the whole summary as it is now. */
export interface SummaryChanged {
  patient_id: string;
  summary: CareSummary;
}

export interface SummaryEndParams {
  entry_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface SummaryGetParams {
  patient_id?: string | null;
}

export interface SummaryNoAllergiesParams {
  patient_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface SummaryNoteParams {
  patient_id: string;
  kind: EntryKind;
  /** The substance, medicine or condition */
  label: string;
  detail?: string | null;
  /** only of an allergy. */
  severity?: Severity | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** The article of the other pharmacy that a line becomes. */
export interface Swap {
  line_id: string;
  item_id: string;
}

/** The payment, and what its thing says to it. */
export interface Taken {
  payment: PaymentView;
  answer: Applied | PaidRefundDue;
}

/** The verified reviews of a doctor or a place: `stars[0]` of them gave one star, `stars[4]` five. `average` is in stars, rounded to hundredths; null without a review. */
export interface Tally {
  count: number;
  average: number | null;
  stars: number[];
}

/** The languages that catalogues are translated into. */
export type Target = "ar" | "hi" | "es" | "fr";

/** The terms of a visit to this doctor, here, in this mode; a booking keeps a copy of them. `fee` null: nobody said what it costs. A visit that costs nothing is `free` whatever `payment_modes` says. */
export interface Terms {
  doctor_id: string;
  place_id: string | null;
  mode: CalendarMode;
  fee: Money | null;
  payment_modes: CalendarPaymentMode[];
  refund: RefundStep[];
  /** True: a booking is a request until the doctor's side has confirmed it. */
  needs_confirmation: boolean;
  /** How long a slot is held for who is about to pay */
  hold_minutes: number;
  /** How long a request waits for an answer */
  request_minutes: number;
  /** How long before it begins a visit can be booked */
  lead_minutes: number;
  /** How far ahead a visit can be booked */
  horizon_days: number;
  /** How long after a paid visit coming back is free */
  revisit_days: number;
  /** How often coming back is free */
  revisit_visits: number;
}

export interface TermsAcceptParams {
  kind: TermsKind;
  version: number;
  locale?: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface TermsCurrentParams {
  locale?: string;
}

export interface TermsGetParams {
  kind: TermsKind;
  version: number;
  locale?: string;
}

/** What is agreed to. */
export type TermsKind = "terms" | "privacy";

export interface TermsMineParams { [key: string]: never }

export interface TermsPublishParams {
  kind: TermsKind;
  /** One line of text */
  title: string;
  text: string;
  /** Days until it binds */
  grace_days?: number;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** Everything one has agreed to, newest first, and what is owed now. */
export interface TermsState {
  acceptances: Acceptance[];
  owed: IdentityOwed[];
}

/** A published text. `locale` is the language it is in: English where there is none in the one asked for. */
export interface TermsText {
  kind: TermsKind;
  version: number;
  locale: string;
  title: string;
  text: string;
  published_at: string;
  binds_at: string;
}

export interface TermsTranslateParams {
  kind: TermsKind;
  version: number;
  locale: string;
  /** One line of text */
  title: string;
  text: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface TermsWithdrawParams {
  kind: TermsKind;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** Whether something can be said. */
export type ThreadState = "open" | "closed" | "shut";

/** A thread. `doctor_id` is null where it is with the place. `author` is as whom you write in it, null where you only read; `unread` counts what your side has not read. `moved_at` is the time of the latest message, or when the thread was made. */
export interface ThreadView {
  id: string;
  patient_id: string;
  doctor_id: string | null;
  place_id: string;
  patient: string;
  doctor: string | null;
  place: string;
  state: ThreadState;
  closes_at: string | null;
  moved_at: string;
  last_seq: number;
  author: Author | null;
  unread: number;
}

/** An appointment of today. */
export interface TodaysAppointment {
  id: string;
  patient_id: string;
  patient: string;
  place_id: string | null;
  mode: string;
  state: AppointmentState;
  starts_at: string;
  ends_at: string;
}

/** A sitting of today: how many wait, and who is in the room. */
export interface TodaysSitting {
  session_id: string;
  place_id: string;
  state: string;
  starts_at: string;
  ends_at: string;
  waiting: number;
  current: CurrentToken[];
}

/** What has happened to one token. Its place and expected time come from `line:`, which moves with everybody. */
export interface TokenFact {
  id: string;
  session_id: string;
  patient_id: string;
  kind: TokenKind;
  state: TokenState;
  number: number | null;
  due_at: string | null;
  arrived_at: string | null;
  called_at: string | null;
  announced_at: string | null;
  begun_at: string | null;
  ended_at: string | null;
  calls: number;
  room_id: string | null;
  room: string | null;
  priority: Priority | null;
  reason: QueueEndReason | null;
  /** The doctor's next session, offered when this one ended without the patient's fault. */
  offer_id: string | null;
  alert_before: number | null;
  alert_minutes: number | null;
  /** Since when her turn is near, by her own alert. Told once. */
  near_at: string | null;
  near_before: number | null;
}

/** How the patient came into the line. */
export type TokenKind = "booked" | "walk_in" | "remote";

/** Where a token stands. */
export type TokenState = "expected" | "waiting" | "called" | "in_consultation" | "away" | "skipped" | "no_show" | "completed" | "cancelled";

/** Something happened to this token: `what`, the token as it is now, and how many were before it at that moment. */
export interface TokenUpdated {
  token_id: string;
  what: What;
  token: TokenFact;
  before: number | null;
}

/** A token, how many are before it, and when it is expected to be called. */
export interface TokenView {
  id: string;
  session_id: string;
  patient_id: string;
  kind: TokenKind;
  state: TokenState;
  number: number | null;
  due_at: string | null;
  arrived_at: string | null;
  called_at: string | null;
  announced_at: string | null;
  begun_at: string | null;
  ended_at: string | null;
  calls: number;
  room_id: string | null;
  room: string | null;
  priority: Priority | null;
  reason: QueueEndReason | null;
  /** The doctor's next session, offered when this one ended without the patient's fault. */
  offer_id: string | null;
  alert_before: number | null;
  alert_minutes: number | null;
  /** Since when her turn is near, by her own alert. Told once. */
  near_at: string | null;
  near_before: number | null;
  before: number | null;
  expected: Expected | null;
}

/** The right to hear this topic is gone; nothing more of it comes. */
export interface TopicEnded {
  topic: string;
  /** `right`: what you may hear has changed. */
  why: "right";
}

/** The topic cannot go on without a gap, so it stopped: subscribe again and start from the snapshot. */
export interface TopicResync {
  topic: string;
  /** `overflow`: too much came while joining; `overtaken`: what came while joining was told to others before the answer was ready; `unhealed`: a missing event was not found in time; `epoch`: the record's life is another one. */
  why: "epoch" | "overflow" | "overtaken" | "unhealed";
}

/** The sum of many amounts, in minor units: no price but a count, so that it may be more than a price can be. */
export interface Total {
  amount: number;
  /** ISO 4217 */
  currency: string;
  exponent: number;
}

export interface TranslationAutoTranslateParams {
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface TranslationCreateParams {
  /** A catalogue, e.g. `treatment` */
  noun: string;
  entry_id: string;
  field: string;
  locale: Target;
  text: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface TranslationListParams {
  noun?: string | null;
  entry_id?: string | null;
  locale?: Target | null;
  is_stale?: boolean | null;
  is_auto?: boolean | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
}

export interface TranslationMissingParams {
  /** A catalogue, e.g. `treatment` */
  noun: string;
  locale: Target;
  /** How many rows at most */
  limit?: number;
}

export interface TranslationUpdateParams {
  translation_id: string;
  text: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** A text of an entry in another language. While `is_stale`, readers see the source: it was changed since. */
export interface TranslationView {
  id: string;
  noun: string;
  entry_id: string;
  field: string;
  locale: Target;
  text: string;
  is_auto: boolean;
  is_stale: boolean;
  updated_at: string;
}

export interface TreatmentCreateParams {
  /** A person's or thing's name as people write it */
  name: string;
  category?: string;
  description?: string;
  duration_days?: number;
  is_global?: boolean;
  is_active?: boolean;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface TreatmentDeleteParams {
  treatment_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface TreatmentGetParams {
  treatment_id: string;
  locale?: string | null;
}

/** An offer, with the hospital that makes it. */
export interface TreatmentHospital {
  offer: OfferView;
  hospital: string;
  city: string;
  country: string;
}

export interface TreatmentListHospitalsParams {
  treatment_id: string;
  country?: string | null;
  currency?: string | null;
  price_max?: number | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
}

export interface TreatmentListParams {
  category?: string | null;
  is_global?: boolean | null;
  is_active?: boolean | null;
  search?: string | null;
  locale?: string | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
  count?: boolean;
}

export interface TreatmentUpdateParams {
  treatment_id: string;
  /** A person's or thing's name as people write it */
  name?: string;
  category?: string | null;
  description?: string | null;
  duration_days?: number | null;
  is_global?: boolean;
  is_active?: boolean;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** A treatment. `is_global` means that patients from abroad are treated, too. */
export interface TreatmentView {
  id: string;
  name: string;
  category: string | null;
  description: string | null;
  duration_days: number | null;
  is_global: boolean;
  is_active: boolean;
  locale: string;
  fallback: string[];
}

/** Who is writing, each until a moment of product time that moves on while they do. */
export interface Typing {
  writing: { [key: string]: string };
}

/** The old address counts again, and every login of the account has ended. */
export interface Undone {
  contact: IdentityContact;
}

/** How many are left to read. */
export interface Unread {
  unread: number;
}

/** Which topic. */
export interface UnsubscribeParams {
  /** e.g. queue:0199… */
  topic: string;
}

/** Whether the socket was listening. */
export interface Unsubscribed {
  unsubscribed: boolean;
}

/** An upload of yours went on, is stored, or was refused. */
export interface UploadProgress {
  account_id: string;
  upload_id: string;
  upload: UploadView;
}

/** How far an upload is. */
export type UploadState = "receiving" | "stored" | "refused";

/** An upload: `received` of `total` bytes (null where the client did not say). `reason` says why it was refused. */
export interface UploadView {
  upload_id: string;
  kind: MediaKind;
  state: UploadState;
  received: number;
  total: number | null;
  media_id: string | null;
  reason: string | null;
}

/** The uploads of the last hour, newest first. */
export interface Uploads {
  uploads: UploadView[];
}

export interface UserActivateParams {
  user_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface UserCreateParams {
  /** The capacity given */
  user_type: "admin" | "hospital_admin";
  /** A person's or thing's name as people write it */
  name: string;
  email: string;
  /** At least 8 characters; never logged */
  password: string;
  locale?: string;
  /** what the administrator shall may; only for `admin`, and needed there. For those with `super`. */
  scopes?: Scope[] | null;
}

export interface UserDeactivateParams {
  user_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface UserDeleteParams {
  user_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface UserEraseParams {
  code?: string | null;
  password?: string | null;
}

export interface UserErasureParams { [key: string]: never }

export interface UserErasuresParams {
  state?: ErasureState;
  /** How many rows at most */
  limit?: number;
}

export interface UserExportParams {
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface UserExportPartParams {
  export_id: string;
  n: number;
}

export interface UserExportsParams { [key: string]: never }

export interface UserGetParams {
  user_id: string;
}

export interface UserListParams {
  search?: string | null;
  /** who holds this capacity, be it pending. Deleted ones are not listed. */
  user_type?: Capacity | null;
  is_active?: boolean | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
}

export interface UserUndoErasureParams { [key: string]: never }

export interface UserUpdateParams {
  user_id: string;
  name?: string | null;
  locale?: string | null;
  is_active?: boolean | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** An account as an administrator sees it. `pending` capacities open nothing yet. */
export interface UserView {
  id: string;
  name: string;
  phone: string | null;
  email: string | null;
  email_verified: boolean;
  locale: string;
  state: AccountState;
  capacities: Capacity[];
  pending: Capacity[];
  created_at: string;
  last_login_at: string | null;
}

/** What was found of one analyte: a number, or a word. */
export interface Value {
  /** A short code, e.g. `HBA1C` */
  analyte: string;
  number?: number | null;
  word?: string | null;
}

export interface VerificationApproveParams {
  verification_id: string;
  /** Of the facts you decide about: `facts_hash` */
  facts_hash: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface VerificationGetParams {
  verification_id: string;
}

/** Who is verified. */
export type VerificationKind = "doctor" | "clinic" | "hospital" | "pharmacy" | "laboratory";

export interface VerificationListParams {
  state?: Approval | null;
  kind?: VerificationKind | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
}

export interface VerificationRejectParams {
  verification_id: string;
  /** One line of text */
  reason: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** A sitting that stands, and how many tokens of it are active. */
export interface VerificationSitting {
  session_id: string;
  doctor_id: string;
  place_id: string;
  state: string;
  starts_at: string;
  tokens: number;
}

export interface VerificationStandingParams {
  verification_id: string;
}

/** A step of a case; notifications name its `id`. `actor_id` is null where nobody took it. */
export interface VerificationStepView {
  id: string;
  revision: number;
  move: Step;
  state: Approval;
  actor_id: string | null;
  at: string;
  reason: string | null;
  facts_hash: string | null;
}

export interface VerificationSubmitParams {
  subject: Subject;
  subject_id: string;
  media_ids?: string[] | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** A case took a step; this is the whole case as it is now. */
export interface VerificationUpdated {
  verification_id: string;
  case: CaseView;
}

/** Another number of cases waits; only the newest counts. */
export interface VerificationWaiting {
  kind: VerificationKind;
  queue: channels_verification_events_Waiting;
}

export interface VerificationWithdrawParams {
  verification_id: string;
  /** One line of text */
  reason: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** The address is its account's. */
export interface Verified {
  email: string;
}

/** One version of a report. What was published stays as it was; `reason` says why there is another one. */
export interface VersionView {
  id: string;
  version: number;
  results: Result[];
  remark: string | null;
  media_ids: string[];
  reason: string | null;
  published_at: string | null;
}

/** How the two meet by video. */
export interface VideoCall {
  appointment_id: string;
  url: string;
}

/** With what a consultation by video begins: how she agreed, and how it is known who she is. */
export interface VideoConfirmation {
  consent: CallConsent;
  identity_by: IdentityBy;
}

/** What is kept of a consultation by video. `registration`: the doctor's number at the council, as it was then. */
export interface VideoVisit {
  consent: CallConsent;
  identity_by: IdentityBy;
  registration: string;
}

/** An appointment. `number` is what people call it by, `zone` the clock of `starts_at` and `day`. `pay_by`: unpaid then, it is over; `confirm_by`: unanswered then, it is over. `refund_due` is what goes back of what was paid. `free_revisit`: it costs nothing because of a paid visit before. */
export interface Visit {
  id: string;
  number: string;
  revision: number;
  patient_id: string;
  doctor_id: string;
  place_id: string | null;
  mode: CalendarMode;
  day: string;
  starts_at: string;
  ends_at: string;
  zone: string;
  state: AppointmentState;
  payment: CalendarPaymentMode;
  fee: Money;
  paid_at: string | null;
  pay_by: string | null;
  confirm_by: string | null;
  refund_due: Money | null;
  refund_percent: number | null;
  free_revisit: boolean;
  follow_up_of: string | null;
  session_id: string | null;
  token_id: string | null;
  arrived_at: string | null;
  booked_side: AppointmentSide;
  created_at: string;
  ended_at: string | null;
  ended_side: AppointmentSide | null;
  end_reason: AppointmentEndReason | null;
}

/** An appointment with what was written to it, for who may read that; to others both are null and `hidden`. `policy` is what was shown before booking and holds for it. `before`: how many are before her in the doctor's line. */
export interface VisitDetail {
  id: string;
  number: string;
  revision: number;
  patient_id: string;
  doctor_id: string;
  place_id: string | null;
  mode: CalendarMode;
  day: string;
  starts_at: string;
  ends_at: string;
  zone: string;
  state: AppointmentState;
  payment: CalendarPaymentMode;
  fee: Money;
  paid_at: string | null;
  pay_by: string | null;
  confirm_by: string | null;
  refund_due: Money | null;
  refund_percent: number | null;
  free_revisit: boolean;
  follow_up_of: string | null;
  session_id: string | null;
  token_id: string | null;
  arrived_at: string | null;
  booked_side: AppointmentSide;
  created_at: string;
  ended_at: string | null;
  ended_side: AppointmentSide | null;
  end_reason: AppointmentEndReason | null;
  patient: string | null;
  policy: Policy;
  complaint: string | null;
  notes: string | null;
  hidden: boolean;
  token_number: number | null;
  before: number | null;
}

/** What was measured. The unit stands in the name; what no living person has is refused. */
export interface Vitals {
  temperature_c?: number | null;
  pulse_bpm?: number | null;
  systolic_mmhg?: number | null;
  diastolic_mmhg?: number | null;
  breaths_per_min?: number | null;
  spo2_percent?: number | null;
  weight_kg?: number | null;
  height_cm?: number | null;
  glucose_mg_dl?: number | null;
  pain_of_10?: number | null;
}

/** Somebody waits for a seat of this doctor, from `first` to `last`. `hold_id`: one is held for her now. `before`: how many have waited longer for some of these days. */
export interface Wait {
  id: string;
  patient_id: string;
  doctor_id: string;
  place_id: string | null;
  mode: CalendarMode;
  first: string;
  last: string;
  state: WaitState;
  joined_at: string;
  hold_id: string | null;
  before: number;
}

/** Where somebody who waits for a seat stands. */
export type WaitState = "waiting" | "offered" | "taken" | "left" | "lapsed";

export interface WaitlistJoinParams {
  doctor_id: string;
  mode: CalendarMode;
  /** A day on the slots' own calendar */
  first: string;
  /** A day on the slots' own calendar */
  last: string;
  place_id?: string | null;
  patient_id?: string | null;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface WaitlistLeaveParams {
  wait_id: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface WaitlistListParams {
  doctor_id?: string | null;
  place_id?: string | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
}

/** So many of an article of a pharmacy's catalogue, or a test of a laboratory's. `prescription_line_id`: the line of `prescription_id` it is dispensed by. `lab_test_id`: the doctor's test it is. */
export interface Wanted {
  item_id: string;
  /** How many packs; of a test, one */
  quantity?: number;
  prescription_line_id?: string | null;
  lab_test_id?: string | null;
}

export interface WebsiteCreateParams {
  /** Its address: /pages/{slug} */
  slug: string;
  title: string;
  /** CommonMark; HTML in it is shown as it is written */
  content: string;
  /** One line of text */
  description?: string;
  keywords?: string[];
  is_published?: boolean;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface WebsiteDeleteParams {
  /** Its address: /pages/{slug} */
  slug: string;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

export interface WebsiteGetParams {
  /** Its address: /pages/{slug} */
  slug: string;
  locale?: string | null;
}

export interface WebsiteListParams {
  is_published?: boolean | null;
  search?: string | null;
  locale?: string | null;
  /** How many rows at most */
  limit?: number;
  cursor?: string | null;
  count?: boolean;
}

export interface WebsiteUpdateParams {
  /** Its address: /pages/{slug} */
  slug: string;
  title?: string;
  /** CommonMark; HTML in it is shown as it is written */
  content?: string;
  description?: string | null;
  keywords?: string[];
  is_published?: boolean;
  /** Makes a repeat harmless: a UUIDv7 of your own, the same for every try of the same thing */
  idempotency_key?: string | null;
}

/** A page; `content` is CommonMark. It is served, rendered, at `/pages/{slug}`. */
export interface WebsiteView {
  slug: string;
  title: string;
  content: string;
  description: string | null;
  keywords: string[];
  is_published: boolean;
  locale: string;
  fallback: string[];
}

/** The first message on every socket. */
export interface Welcome {
  /** The server's release; for people, not for decisions. */
  version: string;
  /** Which node this is; quote it when something is wrong. */
  node: string;
  /** The life of this database's record. Offsets count within it; hand it to `socket.resume`. */
  epoch: string;
  /** Silence longer than twice this means the connection is dead. */
  heartbeat_s: number;
  /** Real time: dates idempotency keys (UUIDv7). */
  server_time: string;
  /** The clinic's clock: dates everything in the product. */
  product_time: string;
  /** How fast the clinic's clock runs; 1 outside demonstrations. */
  clock_rate: number;
  limits: Limits;
}

/** What happened to a token, in one word. */
export type What = "joined" | "arrived" | "called" | "announced" | "begun" | "away" | "skipped" | "no_show" | "completed" | "cancelled" | "back" | "near" | "changed";

/** The windows of some days, on the clock of `zone`. `serves` answers for the postal code that was asked about. */
export interface Windows {
  laboratory_id: string;
  zone: string;
  serves: boolean | null;
  windows: LabWindow[];
}

/** How many cases of a kind wait for a decision, and since when the oldest does. */
export interface channels_verification_events_Waiting {
  kind: VerificationKind;
  waiting: number;
  oldest_at: string | null;
}
