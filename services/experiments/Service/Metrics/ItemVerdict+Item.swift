import ExperimentsAPI
import JSONRPC

extension ItemVerdict {
    /// What is wrong with an item is told of it alone.
    ///
    /// - Throws: other failures, which fail the batch.
    init(_ index: Int, rejectedFor error: RPCError) throws(RPCError) {
        switch error.code {
        case RPCError.Code.invalidParams, RPCError.Code.conflict, RPCError.Code.suppressed, RPCError.Code.notFound:
            self.init(index: index, status: .rejected, code: error.code, message: error.message)
        default: throw error
        }
    }
}
