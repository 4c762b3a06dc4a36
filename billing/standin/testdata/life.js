// Stripe's own Node library lives a subscription at the stand-in: a checkout, a
// renewal, and what goes wrong between. It runs as
//
//	NODE_PATH=…/node_modules node life.js http://127.0.0.1:PORT sk_test_…
//
// and fails by its exit code. tools_test.go runs it.
'use strict';

const assert = require('node:assert/strict');
const http = require('node:http');
const Stripe = require('stripe');

const [, , base, key] = process.argv;
const { hostname, port } = new URL(base);
const stripe = new Stripe(key, {
  host: hostname, port, protocol: 'http', apiVersion: '2023-10-16', telemetry: false, maxNetworkRetries: 0,
});

// Webhooks of an endpoint that the library made, each verified by the library.
const heard = [];
let secret = '';

function listen() {
  const server = http.createServer((req, res) => {
    const parts = [];
    req.on('data', (part) => parts.push(part));
    req.on('end', () => {
      try {
        heard.push(stripe.webhooks.constructEvent(Buffer.concat(parts), req.headers['stripe-signature'], secret));
        res.end();
      } catch (err) {
        heard.push({ type: `refused: ${err.message}` });
        res.writeHead(400).end();
      }
    });
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

async function post(path, fields) {
  const res = await fetch(base + path, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });
  await res.arrayBuffer();
  assert.ok(res.status < 400, `${path} answered ${res.status}`);
  return res;
}

// advance moves paper time; it answers when all that follows was delivered.
const advance = (to) => post('/_clock/advance', { to: new Date(to * 1000).toISOString() });

// inOrder asserts that the types were heard in that order, others between them.
function inOrder(types) {
  let at = 0;
  for (const event of heard) if (event.type === types[at]) at += 1;
  assert.equal(at, types.length, `${types[at]} did not come in its turn; heard ${heard.map((e) => e.type).join(', ')}`);
}

// refusal is the error that the call ends with.
async function refusal(call, kind) {
  try {
    await call;
  } catch (err) {
    assert.equal(err.type, kind, err.message);
    assert.ok(err.requestId, 'an error without a request id');
    return err;
  }
  return assert.fail(`no ${kind}`);
}

async function errors() {
  const missing = await refusal(stripe.customers.retrieve('cus_none'), 'StripeInvalidRequestError');
  assert.deepEqual([missing.statusCode, missing.code, missing.param], [404, 'resource_missing', 'id']);
  const unknown = await refusal(stripe.customers.create({ shoe_size: 44 }), 'StripeInvalidRequestError');
  assert.deepEqual([unknown.statusCode, unknown.code, unknown.param], [400, 'parameter_unknown', 'shoe_size']);
  const stranger = new Stripe('sk_test_somebody_else', { host: hostname, port, protocol: 'http', telemetry: false });
  assert.equal((await refusal(stranger.customers.list(), 'StripeAuthenticationError')).statusCode, 401);
  const older = await refusal(stripe.customers.list({}, { apiVersion: '2022-11-15' }), 'StripeInvalidRequestError');
  assert.equal(older.statusCode, 400);

  const once = { idempotencyKey: 'node-once' };
  const first = await stripe.customers.create({ name: 'Ada' }, once);
  const again = await stripe.customers.create({ name: 'Ada' }, once);
  assert.equal(again.id, first.id);
  assert.equal(again.lastResponse.headers['idempotent-replayed'], 'true');
  assert.equal((await refusal(stripe.customers.create({ name: 'Eve' }, once), 'StripeIdempotencyError')).statusCode, 400);
}

async function lists() {
  const made = [];
  for (const n of [0, 1, 2, 3, 4]) made.push((await stripe.customers.create({ email: 'many@example.org', name: String(n) })).id);
  const all = await stripe.customers.list({ email: 'many@example.org', limit: 2 }).autoPagingToArray({ limit: 100 });
  assert.deepEqual(all.map((c) => c.id), made.toReversed ? made.toReversed() : [...made].reverse());
  const page = await stripe.customers.list({ email: 'many@example.org', limit: 2, ending_before: made[1] });
  assert.deepEqual([page.has_more, page.data.map((c) => c.name)], [true, ['3', '2']]);
}

async function checkout() {
  const product = await stripe.products.create({ name: 'Digital' });
  const price = await stripe.prices.create({
    product: product.id, currency: 'usd', unit_amount: 1200, recurring: { interval: 'month' }, lookup_key: 'node_monthly',
  });
  const session = await stripe.checkout.sessions.create({
    mode: 'subscription', client_reference_id: 'reader-1', customer_email: 'ada@example.org',
    line_items: [{ price: price.id, quantity: 1 }],
    success_url: 'http://app.test/done?session={CHECKOUT_SESSION_ID}', cancel_url: 'http://app.test/back',
  });
  assert.deepEqual([session.status, session.payment_status], ['open', 'unpaid']);
  const paid = await post(`/c/pay/${session.id}`, {
    action: 'pay', number: '4242424242424242', exp: '12/40', cvc: '123', name: 'Ada Byron',
  });
  assert.equal(paid.headers.get('location'), `http://app.test/done?session=${session.id}`);
  const done = await stripe.checkout.sessions.retrieve(session.id, {
    expand: ['subscription.latest_invoice.payment_intent', 'line_items', 'customer'],
  });
  assert.deepEqual([done.status, done.payment_status, done.client_reference_id], ['complete', 'paid', 'reader-1']);
  assert.equal(done.line_items.data[0].price.lookup_key, 'node_monthly');
  assert.equal(done.customer.email, 'ada@example.org');
  const sub = done.subscription;
  assert.deepEqual([sub.status, sub.latest_invoice.status, sub.latest_invoice.amount_paid], ['active', 'paid', 1200]);
  assert.equal(sub.latest_invoice.payment_intent.status, 'succeeded');
  return sub;
}

async function renewal(sub) {
  await advance(sub.current_period_end);
  inOrder(['checkout.session.completed', 'customer.subscription.updated', 'invoice.created']);
  const rolled = await stripe.subscriptions.retrieve(sub.id, { expand: ['latest_invoice'] });
  assert.equal(rolled.current_period_start, sub.current_period_end);
  assert.deepEqual([rolled.status, rolled.latest_invoice.status, rolled.latest_invoice.billing_reason],
    ['active', 'draft', 'subscription_cycle']);
  await advance(sub.current_period_end + 3600);
  inOrder(['customer.subscription.updated', 'invoice.created', 'invoice.finalized', 'charge.succeeded', 'invoice.paid']);
  const invoices = await stripe.invoices.list({ subscription: sub.id, expand: ['data.charge'] });
  assert.deepEqual(invoices.data.map((i) => [i.status, i.charge.amount]), [['paid', 1200], ['paid', 1200]]);
  const next = await stripe.invoices.retrieveUpcoming({ subscription: sub.id });
  assert.deepEqual([next.amount_due, next.lines.data[0].period.start], [1200, rolled.current_period_end]);
  return invoices.data[0];
}

async function afterwards(sub, invoice) {
  const refund = await stripe.refunds.create({ charge: invoice.charge.id, amount: 500 });
  assert.deepEqual([refund.status, refund.amount], ['succeeded', 500]);
  const much = await refusal(stripe.refunds.create({ charge: invoice.charge.id, amount: 701 }), 'StripeInvalidRequestError');
  assert.equal(much.param, 'amount');
  const declined = await refusal(
    stripe.paymentIntents.create({ amount: 100, currency: 'usd', payment_method: 'pm_card_chargeDeclined', confirm: true }),
    'StripeCardError',
  );
  assert.deepEqual([declined.statusCode, declined.code, declined.decline_code], [402, 'card_declined', 'generic_decline']);
  assert.equal((await stripe.subscriptions.update(sub.id, { cancel_at_period_end: true })).cancel_at_period_end, true);
  assert.equal((await stripe.subscriptions.cancel(sub.id)).status, 'canceled');
  const events = await stripe.events.list({ type: 'customer.subscription.deleted' });
  assert.equal(events.data[0].data.object.id, sub.id);
}

async function main() {
  const server = await listen();
  try {
    const endpoint = await stripe.webhookEndpoints.create({
      url: `http://127.0.0.1:${server.address().port}/`, enabled_events: ['*'], api_version: '2023-10-16',
    });
    secret = endpoint.secret;
    await errors();
    await lists();
    const sub = await checkout();
    const invoice = await renewal(sub);
    await afterwards(sub, invoice);
    assert.deepEqual(heard.filter((e) => e.type.startsWith('refused')), []);
    await stripe.webhookEndpoints.del(endpoint.id);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

main().catch((err) => {
  console.error(err);
  process.exitCode = 1;
});
