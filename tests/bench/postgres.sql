-- The same double-entry posting as the book's: idempotency row, entry with a unique reference, two lines that
-- keep what they left on their account (its history), two balances, outbox row. Amounts are bigint, which is
-- faster than the numeric that 18 decimals would need.
CREATE TABLE account (
  id int PRIMARY KEY, currency text NOT NULL DEFAULT 'USDC',
  debits bigint NOT NULL DEFAULT 0, credits bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
CREATE TABLE idempotency (key uuid PRIMARY KEY, fingerprint uuid NOT NULL, entry bigint NOT NULL);
CREATE TABLE entry (
  id bigint PRIMARY KEY, created timestamptz NOT NULL DEFAULT now(), kind text NOT NULL, reference uuid NOT NULL UNIQUE
);
CREATE TABLE line (
  account int NOT NULL, entry bigint NOT NULL, credit boolean NOT NULL, amount bigint NOT NULL,
  debits_after bigint NOT NULL, credits_after bigint NOT NULL, PRIMARY KEY (account, entry)
);
CREATE TABLE outbox (entry bigint PRIMARY KEY, type text NOT NULL, payload text NOT NULL);
CREATE SEQUENCE entry_id CACHE 100;
INSERT INTO account (id) SELECT generate_series(0, 9999);

CREATE FUNCTION post_entry(the_key uuid, the_fingerprint uuid, debit int, credit int, amount bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  made bigint := nextval('entry_id');
  known idempotency;
  debited account;
  credited account;
BEGIN
  INSERT INTO idempotency VALUES (the_key, the_fingerprint, made) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    SELECT * INTO known FROM idempotency WHERE key = the_key;
    IF known.fingerprint <> the_fingerprint THEN RAISE 'idempotency_mismatch'; END IF;
    RETURN known.entry;
  END IF;
  INSERT INTO entry (id, kind, reference) VALUES (made, 'bench', the_key);
  INSERT INTO outbox VALUES (made, 'entry.posted', amount || ' from ' || debit || ' to ' || credit);
  -- Debited accounts have the smaller ids, so all lock in one order.
  UPDATE account SET debits = debits + amount WHERE id = debit RETURNING * INTO debited;
  UPDATE account SET credits = credits + amount WHERE id = credit RETURNING * INTO credited;
  INSERT INTO line VALUES
    (debit, made, false, amount, debited.debits, debited.credits),
    (credit, made, true, amount, credited.debits, credited.credits);
  RETURN made;
END $$;

-- So many of them in one transaction, each table written by one statement.
CREATE FUNCTION post_entries(many int, amount bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  made bigint[]; keys uuid[]; debits_of int[]; credits_of int[];
BEGIN
  SELECT array_agg(nextval('entry_id')), array_agg(gen_random_uuid()),
         array_agg(floor(random() * 5000)::int), array_agg(5000 + floor(random() * 5000)::int)
    INTO made, keys, debits_of, credits_of FROM generate_series(1, many);
  INSERT INTO idempotency SELECT k, k, m FROM unnest(keys, made) AS a (k, m) ON CONFLICT DO NOTHING;
  INSERT INTO entry (id, kind, reference) SELECT m, 'bench', k FROM unnest(keys, made) AS a (k, m);
  INSERT INTO outbox SELECT m, 'entry.posted', amount || ' from ' || d || ' to ' || c
    FROM unnest(made, debits_of, credits_of) AS a (m, d, c);
  PERFORM 1 FROM account WHERE id = ANY (debits_of || credits_of) ORDER BY id FOR UPDATE;
  INSERT INTO line
    SELECT a.id, l.m, l.credit, amount,
           a.debits + CASE WHEN l.credit THEN 0 ELSE amount * row_number() OVER w END,
           a.credits + CASE WHEN l.credit THEN amount * row_number() OVER w ELSE 0 END
    FROM (SELECT m, d AS account, false AS credit FROM unnest(made, debits_of) AS x (m, d)
          UNION ALL SELECT m, c, true FROM unnest(made, credits_of) AS y (m, c)) l
    JOIN account a ON a.id = l.account
    WINDOW w AS (PARTITION BY a.id ORDER BY l.m);
  UPDATE account a SET debits = a.debits + amount * n.times
    FROM (SELECT d, count(*) AS times FROM unnest(debits_of) AS d GROUP BY d) n WHERE a.id = n.d;
  UPDATE account a SET credits = a.credits + amount * n.times
    FROM (SELECT c, count(*) AS times FROM unnest(credits_of) AS c GROUP BY c) n WHERE a.id = n.c;
END $$;
