-- Ranking reads every word of an entry that matches, so entries hold fewer: only a doctor's own name is found across
-- scripts by its consonants. And what is ranked is what was meant, word by word, not what it begins: one cheap look.

CREATE FUNCTION search_words(folded text) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE sql
    RETURN btrim(regexp_replace(folded, '(^| )[AL][a-z]+', '', 'g'));

CREATE OR REPLACE FUNCTION search_match(of_noun text, typed text, OUT query text, OUT exact text, OUT short boolean)
    STABLE PARALLEL SAFE LANGUAGE plpgsql SET pg_trgm.similarity_threshold = 0.2 AS $$
DECLARE
    raw text;
    w text;
    choices text[];
    skeletons text[];
    own text[];
    nearest text[];
    slips integer;
    found integer := 0;
BEGIN
    query := ''; exact := ''; short := true;
    FOR raw IN SELECT t FROM regexp_split_to_table(typed, '\s+') t WHERE t <> '' LIMIT 8 LOOP
        own := ARRAY(SELECT t FROM string_to_table(search_names(raw), ' ') t WHERE t ~ '^[AL]');
        skeletons := ARRAY(SELECT translate(left(t, 1), 'AL', 'LA') || substr(t, 2) FROM unnest(own) t);
        FOR w IN SELECT t FROM string_to_table(search_fold(raw), ' ') t WHERE t <> '' LOOP
            found := found + 1;
            CONTINUE WHEN w IN ('d', 'dr', 'do', 'doktor', 'doktar', 'dktur', 'dktvr', 'mr', 'mrs', 'ms', 'prof', 'smt', 'sri');
            short := short AND length(w) < 3;
            slips := CASE WHEN length(w) < 5 THEN 1 ELSE 2 END;
            nearest := ARRAY[w];
            choices := ARRAY[CASE WHEN length(w) < 3 THEN w ELSE w || ':*' END];
            IF length(w) > 2 AND w !~ '^[0-9]+$' AND NOT EXISTS (
                SELECT FROM search_word k WHERE k.noun = of_noun AND k.word >= w AND k.word < w || '{') THEN
                -- Nobody is called that: the nearest words are meant, or other vowels between the same consonants. The
                -- first letter is seldom the wrong one.
                nearest := own || ARRAY(
                    SELECT k.word FROM (
                        SELECT k.word, rank() OVER (ORDER BY k.cost) AS place, similarity(k.word, w) AS alike FROM (
                            SELECT k.word, levenshtein(k.word, w) + (left(k.word, 1) <> left(w, 1))::int AS cost
                              FROM search_word k
                             WHERE k.noun = of_noun AND k.word % w AND k.word ~ '^[a-z]'
                               AND levenshtein_less_equal(k.word, w, slips) <= slips) k) k
                     WHERE k.place = 1 ORDER BY k.alike DESC, k.word LIMIT 12);
                choices := choices || nearest;
                nearest := w || nearest;
            END IF;
            query := query || CASE WHEN query = '' THEN '' ELSE ' & ' END
                || '(' || array_to_string(choices || skeletons, ' | ') || ')';
            exact := exact || CASE WHEN exact = '' THEN '' ELSE ' | ' END || array_to_string(nearest || skeletons, ' | ');
        END LOOP;
    END LOOP;
    IF found = 0 THEN
        query := NULL; exact := NULL;
    END IF;
END $$;

CREATE OR REPLACE FUNCTION refresh_doctor_cards(which uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- Whoever waits here reads what the other has committed: the next statement sees it.
    PERFORM FROM doctor_card WHERE id = ANY(which) ORDER BY id FOR UPDATE;
    INSERT INTO doctor_card AS card
    SELECT d.id, d.account_id,
           a.state = 'active' AND d.closed_at IS NULL AND coalesce(c.state = 'active', false),
           a.state = 'active' AND d.closed_at IS NULL AND coalesce(c.state = 'pending', false),
           d.closed_at IS NOT NULL,
           lower(d.name),
           d.specialty || ARRAY(SELECT s.specialty FROM doctor_specialty s WHERE s.doctor_id = d.id ORDER BY 1),
           d.languages,
           coalesce(w.places, '{}'), coalesce(w.cities, '{}'), coalesce(w.states, '{}'),
           d.fee, d.fee_currency, d.practising_since,
           CASE WHEN d.rating_count > 0 THEN round(100.0 * d.rating_sum / d.rating_count) END,
           d.teleconsult,
           coalesce(d.fee, 9000000000000),
           CASE WHEN d.rating_count > 0 THEN -round(100.0 * d.rating_sum / d.rating_count) ELSE 0 END,
           coalesce(d.practising_since, 9999),
           search_vector(d.folded,
               (SELECT string_agg(search_words(s.folded), ' ') FROM specialty s WHERE s.slug = d.specialty OR s.slug IN
                   (SELECT b.specialty FROM doctor_specialty b WHERE b.doctor_id = d.id)),
               search_words(w.folded_where), search_words(w.folded))
      FROM doctor d
      JOIN account a ON a.id = d.account_id
      LEFT JOIN account_capacity c ON c.account_id = d.account_id AND c.capacity = 'doctor'
      LEFT JOIN (SELECT f.doctor_id, array_agg(p.id) AS places, string_agg(DISTINCT p.folded, ' ') AS folded,
                        string_agg(DISTINCT p.folded_where, ' ') AS folded_where, array_agg(DISTINCT location_key(p.city)) AS cities,
                        array_agg(DISTINCT location_key(p.state)) FILTER (WHERE p.state IS NOT NULL) AS states
                   FROM affiliation f JOIN place p ON p.id = f.place_id
                  WHERE f.state = 'accepted' AND p.approval = 'approved' AND p.closed_at IS NULL
                    AND f.doctor_id = ANY(which) GROUP BY f.doctor_id) w ON w.doctor_id = d.id
     WHERE d.id = ANY(which)
        ON CONFLICT (id) DO UPDATE SET
           account_id = EXCLUDED.account_id, listed = EXCLUDED.listed, pending = EXCLUDED.pending,
           closed = EXCLUDED.closed, name_key = EXCLUDED.name_key, specialties = EXCLUDED.specialties, languages = EXCLUDED.languages,
           places = EXCLUDED.places, cities = EXCLUDED.cities, states = EXCLUDED.states, fee = EXCLUDED.fee,
           fee_currency = EXCLUDED.fee_currency, practising_since = EXCLUDED.practising_since,
           rating = EXCLUDED.rating, teleconsult = EXCLUDED.teleconsult, by_fee = EXCLUDED.by_fee,
           by_rating = EXCLUDED.by_rating, by_experience = EXCLUDED.by_experience, words = EXCLUDED.words
     WHERE card IS DISTINCT FROM EXCLUDED;
END $$;

SELECT refresh_doctor_cards(array_agg(id)) FROM doctor HAVING count(*) > 0;
