-- One signal of an actor who is known already, as services/signals/Store/SignalStore.swift writes it.
INSERT INTO signals
    (sequence, message_id, event, actor, occurred_at, received_at, revenue, currency, import, properties)
VALUES (
    (SELECT sequence + 1 FROM last_erased_signal
        WHERE NOT EXISTS (SELECT 1 FROM signals WHERE sequence > last_erased_signal.sequence)),
    :id, :event, :actor, :time, :time, :revenue, :currency, NULL, :properties)
ON CONFLICT (message_id) DO NOTHING;
