-- One signal of an actor who is known already, as services/signals/Store/SignalStore.swift writes it.
INSERT INTO signals (message_id, event, actor, occurred_at, received_at, revenue, currency, import, properties)
VALUES (:id, :event, :actor, :time, :time, :revenue, :currency, NULL, :properties)
ON CONFLICT (message_id) DO NOTHING;
