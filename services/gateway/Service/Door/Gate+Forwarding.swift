import JSON
import JSONRPC
import JSONRPCUnixSocket
import Limits
import NIOCore
import ServiceContract
import ServiceKit

// How a call that was admitted goes on: its bytes are spliced into a new line for the service.
extension Gate {
    func send(_ call: Call, _ route: Routes.Route, _ grant: KeyRing.Grant, _ refund: Refund?) {
        if call.meta.isPlain && route.service != "gateway" {
            splice(
                call, route, context: grant.plainContext, brand: grant.brand,
                milliseconds: CallContext.defaultDeadlineMilliseconds, refund)
        } else {
            forward(call, route, grant.context, refund)
        }
    }

    func forward(_ call: Call, _ route: Routes.Route, _ caller: CallContext, _ refund: Refund?) {
        var context = caller
        context.idempotencyKey = call.meta.idempotencyKey
        context.traceparent = call.access?.trace?.traceparent ?? call.meta.traceparent
        context.deadlineMilliseconds = call.meta.deadlineMilliseconds
        context.globalPrivacyControl = call.meta.globalPrivacyControl
        if route.service == "gateway" {
            context.now = clock.now()
            metrics.admitted(route)
            let reply = refund.map { watching(call.reply, $0) } ?? call.reply
            do throws(RPCError) {
                try local.dispatch(call.method, params: call.params, for: context, reply)
            } catch {
                metrics.refused(error)
                reply?.failAndLog(error, method: "gate")
            }
        } else {
            let milliseconds = context.deadlineMilliseconds ?? CallContext.defaultDeadlineMilliseconds
            splice(
                call, route, context: context.json(), brand: context.brand, milliseconds: milliseconds, refund)
        }
    }

    /// Whenever the call fails inside Gyre, now or later, it gives back what it used.
    private func watching(_ reply: Reply?, _ refund: Refund) -> Reply {
        let (refund, eventLoop) = (NIOLoopBound(refund, eventLoop: eventLoop), eventLoop)
        return Reply.watching(reply) { rest in
            guard case .failure(let error) = ReplyLine.outcome(afterID: rest) else { return }
            eventLoop.execute { refund.value.giveBack(after: error) }
        }
    }

    private func splice(
        _ call: Call, _ route: Routes.Route, context: [UInt8], brand: UUIDv7?, milliseconds: Int64, _ refund: Refund?
    ) {
        metrics.admitted(route)
        var message = JSONWriter(capacity: route.head.count + context.count + call.params.count + 16)
        route.head.withUnsafeBytes { message.verbatim($0) }
        context.withUnsafeBytes { message.verbatim($0) }
        message.verbatim(",\"params\":")
        message.verbatimOnOneLine(call.params)
        message.verbatim("}")
        let receiver = SplicedReply(to: call.reply, metrics: metrics, refund: refund)
        let deadline = receiver.began + .milliseconds(milliseconds)
        message.withBytes {
            // A flow may wait for something else than its service: no turn of others waits for it.
            if route.method.kind == .flow {
                siblings[route.service].forward(afterID: $0, deadline: deadline, to: receiver)
            } else {
                queues[route.service]?.send(
                    $0, of: BucketName(.brand, high: brand?.high ?? 0, low: brand?.low ?? 0), method: route.number,
                    deadline: deadline, to: receiver)
            }
        }
    }
}

extension JSONWriter {
    /// Validated JSON as it is, with the line ends between its tokens made spaces: a line stays one line.
    ///
    /// Inside a string JSON allows no line end, so each one found stands between tokens.
    mutating func verbatimOnOneLine(_ json: UnsafeRawBufferPointer) {
        var rest = json
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            verbatim(UnsafeRawBufferPointer(rebasing: rest[..<end]))
            verbatim(" ")
            rest = UnsafeRawBufferPointer(rebasing: rest[(end + 1)...])
        }
        verbatim(rest)
    }
}
