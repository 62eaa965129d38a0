-- Search: typed words find written ones, in three scripts, with a slip of the finger (decision 0070).
--
-- Everything is folded to words of a-z and 0-9 that say how it sounds: Devanagari, Arabic, Cyrillic and Greek are
-- spelled in Latin, accents and vowel signs go, and spellings that one name has many of (Sharma, Shrama, शर्मा) meet. So
-- trigrams work whatever the database believes letters to be, and what was typed cannot be search syntax.

CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS fuzzystrmatch;

-- The words of a text in Latin letters: not yet how they sound.
CREATE FUNCTION search_latin(given text) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE plpgsql AS $$
DECLARE
    s text := lower(normalize(left(given, 8000), NFKD) COLLATE pg_c_utf8);
BEGIN
    IF s ~ '[^\u0001-\u007f]' THEN
        -- Marks above and below letters, vowel points, tatweel, nukta, joiners, turners, what chooses an emoji's look.
        s := regexp_replace(s, '[\u0300-\u036f\u0483-\u0489\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u093c\u00ad'
            '\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff\u2018\u2019\u02bb\u02bc]+', '', 'g');
        IF s ~ '[\u0900-\u097f]' THEN
            -- A consonant before another one, a vowel or a nasal is spoken with an a; at the end of a word it is not.
            s := regexp_replace(s, '([\u0915-\u0939])(?=[\u0901-\u0914\u0915-\u0939])', '\1' || U&'\093E', 'g');
            s := replace(replace(replace(replace(s, U&'\094D', ''), 'च', 'ch'), 'छ', 'ch'), 'ृ', 'ri');
            s := translate(s, 'कखगघङञणनजझटठतथडढदधपफबभमयरलळवशषसहअआइईउऊएऐऑओऔािीुूेैॉोौंँः०१२३४५६७८९',
                              'kkggnnnnjjttttddddpfbbmyrllvssshaaiiuueeoooaiiuueeooonnh0123456789');
        END IF;
        IF s ~ '[\u0600-\u06ff]' THEN
            s := regexp_replace(s, '(^|[^\u0600-\u06ff])\u0627\u0644(?=[\u0600-\u06ff]{3})', '\1', 'g');   -- the article
            s := translate(replace(s, 'چ', 'ch'), 'عاىةٱبپتثطٹجژزظحهہھخقكکدذضڈرڑسشصغگفلمنںويیے٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹ء',
                              'aaaaabpttttjjjjhhhhkkkkddddrrsssggflmnnviii01234567890123456789');
        END IF;
        s := translate(replace(s, 'ч', 'ch'), 'абвгдежзийклмнопрстуфхцыэюяёіїєшщαβγδεζηθικλμνξοπρσςτυφχψωøłđðþıħъь',
                          'abvgdejjiiklmnoprstufhsieuaeiiessavgdejitiklmnxoprsstifhpoolddtih');
        s := replace(replace(replace(s, 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe');
        IF s ~ '[^\u0001-\u007f]' THEN
            -- Letters of other scripts by their numbers; signs and pictures are no words.
            SELECT string_agg(CASE WHEN ch <= '~' THEN ch
                                   WHEN ch ~ '[[:alnum:]\u0980-\u0dff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]'
                                   THEN 'x' || to_hex(ascii(ch)) ELSE ' ' END, '' ORDER BY n)
              INTO s FROM string_to_table(s, NULL) WITH ORDINALITY AS t (ch, n);
        END IF;
    END IF;
    RETURN btrim(regexp_replace(replace(s, '''', ''), '[^a-z0-9]+', ' ', 'g'));
END $$;

-- The words of a text as they sound, parted by blanks.
CREATE FUNCTION search_fold(given text) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE plpgsql AS $$
DECLARE
    s text := search_latin(given);
BEGIN
    IF s ~ 'x[0-9a-f]{3}' THEN
        RETURN s;                                  -- letters by number have no sound
    END IF;
    s := replace(replace(s, 'ph', 'f'), 'zh', 'j');
    s := regexp_replace(s, 'c(?!h)', 'k', 'g');
    s := regexp_replace(s, 'chh?', 'c', 'g');
    s := regexp_replace(s, '([bdgjkpst])h', '\1', 'g');
    s := replace(translate(s, 'wqzy', 'vkji'), 'x', 'ks');
    s := replace(replace(replace(replace(s, 'ee', 'i'), 'oo', 'u'), 'ou', 'u'), 'au', 'o');
    s := replace(replace(s, 'ai', 'e'), 'ei', 'e');
    RETURN regexp_replace(s, '([a-z])\1+', '\1', 'g');
END $$;

-- Words to be found by, and for each its consonants with a capital before them: Arabic is written without vowels, so
-- an A word (of Arabic letters) and an L word (of others) of the same consonants may be the same name.
CREATE FUNCTION search_names(given text) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE plpgsql AS $$
DECLARE
    bare text;
    folded text := search_fold(given);
    word text;
BEGIN
    FOR word IN SELECT w FROM string_to_table(btrim(given), ' ') w LIMIT 12 LOOP
        bare := translate(replace(search_fold(word), ' ', ''), 'aeiouv', '');
        IF bare ~ '^[a-z]{3,}$' THEN
            folded := folded || CASE WHEN word ~ '[\u0600-\u06ff]' THEN ' A' ELSE ' L' END || bare;
        END IF;
    END LOOP;
    RETURN folded;
END $$;

-- Folded words with their weight: A a name, B what it is for, C where, D what else.
CREATE FUNCTION search_vector(a text, b text, c text, d text) RETURNS tsvector IMMUTABLE PARALLEL SAFE LANGUAGE sql
    RETURN (SELECT coalesce(string_agg(word || ':' || least(n, 200) || weight, ' '), '')::tsvector
              FROM (SELECT word, n, 'A' AS weight FROM string_to_table(a, ' ') WITH ORDINALITY AS t (word, n)
                    UNION ALL SELECT word, n, 'B' FROM string_to_table(b, ' ') WITH ORDINALITY AS t (word, n)
                    UNION ALL SELECT word, n, 'C' FROM string_to_table(c, ' ') WITH ORDINALITY AS t (word, n)
                    UNION ALL SELECT word, n, 'D' FROM string_to_table(d, ' ') WITH ORDINALITY AS t (word, n)) words
             WHERE word <> '');

-- Every word that an entry of a catalogue was ever found by. What is typed and stands here is meant as it is.
CREATE TABLE search_word (
    noun text NOT NULL,
    word text NOT NULL CHECK (word ~ '^[a-zAL][a-z0-9]*$' OR word ~ '^[0-9][a-z0-9]*$'),
    PRIMARY KEY (noun, word)
);
CREATE INDEX search_word_like ON search_word USING gin (word gin_trgm_ops);

CREATE FUNCTION search_learn(of_noun text, vectors tsvector[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO search_word (noun, word)
    SELECT DISTINCT of_noun, heard FROM unnest(vectors) v, unnest(tsvector_to_array(v)) heard
     WHERE NOT EXISTS (SELECT FROM search_word k WHERE k.noun = of_noun AND k.word = heard)
     ORDER BY 2                                    -- one order for all: no two wait for each other
        ON CONFLICT DO NOTHING
$$;

-- What typed words come to: `query` finds, `exact` says what fits better. Null when nothing can be found; an empty
-- query when only titles were typed, which everybody has.
CREATE FUNCTION search_match(of_noun text, typed text, OUT query text, OUT exact text, OUT short boolean)
    STABLE PARALLEL SAFE LANGUAGE plpgsql SET pg_trgm.similarity_threshold = 0.2 AS $$
DECLARE
    raw text;
    w text;
    choices text[];
    skeletons text[];
    own text[];
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
            choices := ARRAY[CASE WHEN length(w) < 3 THEN w ELSE w || ':*' END];
            IF length(w) > 2 AND w !~ '^[0-9]+$' AND NOT EXISTS (
                SELECT FROM search_word k WHERE k.noun = of_noun AND k.word >= w AND k.word < w || '{') THEN
                -- Nobody is called that: the nearest words are meant, or other vowels between the same consonants. The
                -- first letter is seldom the wrong one.
                choices := choices || own || ARRAY(
                    SELECT k.word FROM (
                        SELECT k.word, rank() OVER (ORDER BY k.cost) AS place, similarity(k.word, w) AS alike FROM (
                            SELECT k.word, levenshtein(k.word, w) + (left(k.word, 1) <> left(w, 1))::int AS cost
                              FROM search_word k
                             WHERE k.noun = of_noun AND k.word % w AND k.word ~ '^[a-z]'
                               AND levenshtein_less_equal(k.word, w, slips) <= slips) k) k
                     WHERE k.place = 1 ORDER BY k.alike DESC, k.word LIMIT 12);
            END IF;
            query := query || CASE WHEN query = '' THEN '' ELSE ' & ' END
                || '(' || array_to_string(choices || skeletons, ' | ') || ')';
            exact := exact || CASE WHEN exact = '' THEN '' ELSE ' | ' END || w;
        END LOOP;
    END LOOP;
    IF found = 0 THEN
        query := NULL; exact := NULL;
    END IF;
END $$;

-- What specialties are also called, in any language.
ALTER TABLE specialty
    ADD COLUMN aliases text[] NOT NULL DEFAULT '{}' CHECK (cardinality(aliases) <= 40),
    ADD COLUMN folded text;
ALTER TABLE place ADD COLUMN folded text, ADD COLUMN folded_more text, ADD COLUMN folded_where text;
ALTER TABLE doctor ADD COLUMN folded text;

CREATE FUNCTION fold_specialty() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.folded := search_names(NEW.name || ' ' || array_to_string(NEW.aliases, ' '));
    PERFORM search_learn('specialty', ARRAY[search_vector(NEW.folded, '', '', '')]);
    RETURN NEW;
END $$;
CREATE FUNCTION fold_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.folded IS NOT NULL AND (NEW.name, NEW.city, NEW.state, NEW.departments, NEW.services)
        IS NOT DISTINCT FROM (OLD.name, OLD.city, OLD.state, OLD.departments, OLD.services) THEN
        RETURN NEW;
    END IF;
    NEW.folded := search_names(NEW.name);
    NEW.folded_more := search_fold(array_to_string(NEW.departments || NEW.services, ' '));
    NEW.folded_where := search_names(concat_ws(' ', NEW.city, NEW.state));
    RETURN NEW;
END $$;
CREATE FUNCTION fold_doctor() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.folded := search_names(NEW.name);
    RETURN NEW;
END $$;
CREATE TRIGGER specialty_folds BEFORE INSERT OR UPDATE OF name, aliases ON specialty
    FOR EACH ROW EXECUTE FUNCTION fold_specialty();
CREATE TRIGGER place_folds BEFORE INSERT OR UPDATE ON place FOR EACH ROW EXECUTE FUNCTION fold_place();
CREATE TRIGGER doctor_folds BEFORE INSERT OR UPDATE OF name ON doctor FOR EACH ROW EXECUTE FUNCTION fold_doctor();

CREATE FUNCTION place_vector(folded text, folded_more text, folded_where text) RETURNS tsvector
    IMMUTABLE PARALLEL SAFE LANGUAGE sql RETURN search_vector(folded, folded_more, folded_where, '');
CREATE INDEX place_words ON place USING gin (place_vector(folded, folded_more, folded_where));

CREATE FUNCTION place_words_are_learned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM search_learn('place', ARRAY(SELECT place_vector(folded, folded_more, folded_where) FROM changed));
    RETURN NULL;
END $$;
CREATE TRIGGER place_made AFTER INSERT ON place
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION place_words_are_learned();
CREATE TRIGGER place_renamed AFTER UPDATE ON place
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION place_words_are_learned();

ALTER TABLE doctor_card ADD COLUMN words tsvector NOT NULL DEFAULT '';
CREATE INDEX doctor_card_words ON doctor_card USING gin (words);

CREATE FUNCTION doctor_words_are_learned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM search_learn('doctor', ARRAY(SELECT words FROM changed));
    RETURN NULL;
END $$;
CREATE TRIGGER doctor_card_made AFTER INSERT ON doctor_card
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION doctor_words_are_learned();
CREATE TRIGGER doctor_card_changed AFTER UPDATE ON doctor_card
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION doctor_words_are_learned();

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
               (SELECT string_agg(s.folded, ' ') FROM specialty s WHERE s.slug = d.specialty OR s.slug IN
                   (SELECT b.specialty FROM doctor_specialty b WHERE b.doctor_id = d.id)),
               w.folded_where, w.folded)
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

CREATE FUNCTION doctor_cards_follow_specialty() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refresh_doctor_cards(array_agg(c.id)) FROM doctor_card c
      WHERE c.specialties @> ARRAY[NEW.slug] HAVING count(*) > 0;
    RETURN NULL;
END $$;
CREATE TRIGGER doctor_specialty_renamed AFTER UPDATE OF name, aliases ON specialty
    FOR EACH ROW EXECUTE FUNCTION doctor_cards_follow_specialty();

-- A place that pauses its orders changes nothing that a doctor is found by.
DROP TRIGGER doctor_place_changed ON place;
CREATE FUNCTION doctor_cards_follow_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refresh_doctor_cards(array_agg(DISTINCT f.doctor_id))
       FROM changed c JOIN former o USING (id) JOIN affiliation f ON f.place_id = c.id
      WHERE (c.folded, c.folded_where, c.city, c.state, c.approval, c.closed_at)
            IS DISTINCT FROM (o.folded, o.folded_where, o.city, o.state, o.approval, o.closed_at)
     HAVING count(*) > 0;
    RETURN NULL;
END $$;
CREATE TRIGGER doctor_place_changed AFTER UPDATE ON place
    REFERENCING OLD TABLE AS former NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION doctor_cards_follow_place();

-- Those that are there already.
UPDATE specialty SET aliases = aliases;
UPDATE place SET folded = NULL;
UPDATE doctor SET name = name;
