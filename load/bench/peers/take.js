// The command of work B as a node-postgres programmer writes it: one transaction, prepared statements, a pool of ten.
const { Pool } = require('pg');

const pool = new Pool({ max: 10 });
const pad = 'x'.repeat(80);

const lock = (queue) => ({ name: 'lock', text: 'SELECT counter FROM bench_queue WHERE id = $1 FOR UPDATE', values: [queue] });
const count = (queue, number) => ({ name: 'count', text: 'UPDATE bench_queue SET counter = $2 WHERE id = $1', values: [queue, number] });
const insert = (queue, number) => ({ name: 'insert', text: 'INSERT INTO bench_ticket (queue_id, number) VALUES ($1, $2)', values: [queue, number] });

async function take(queue) {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const { rows } = await client.query(lock(queue));
    const number = Number(rows[0].counter) + 1;
    await client.query(count(queue, number));
    await client.query(insert(queue, number));
    await client.query('COMMIT');
    return number;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

const topicOf = (queue) => `queue.${queue}`;
const eventOf = (queue, number, sentAt) => ({ name: 'taken', queue, number, sent_at: sentAt, pad });

module.exports = { take, topicOf, eventOf };
