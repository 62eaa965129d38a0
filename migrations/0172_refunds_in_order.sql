-- What goes back is read as a list, the latest first.

CREATE INDEX gateway_refund_due ON gateway_refund (due_at, id);
