import JSONRPC
import Limits

/// What a call has used of quotas, and gets back when it fails inside Gyre.
struct Refund {
    let cost: Int64
    let quotas: [QuotaTable.Charge]
    let usedAt: Int64
    private let choseDeadline: Bool
    private let gate: Gate

    init(cost: Int64, _ quotas: [QuotaTable.Charge], usedAt: Int64, _ meta: RequestMeta, by gate: Gate) {
        self.cost = cost
        self.quotas = quotas
        self.usedAt = usedAt
        self.gate = gate
        choseDeadline = meta.deadlineMilliseconds != nil
    }

    func giveBack(after error: RPCError) {
        if error.isOurs(choseDeadline: choseDeadline) { gate.giveBack(self) }
    }
}
