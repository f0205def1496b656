import GatewayAPI
import JSON

/// The body of a callback, as OpenDSR 2.0 has it (section 8.6).
///
/// What Gyre knows beyond OpenDSR's four states is in the extension of its own domain. It tells what the request was at
/// the time of the change, whenever it is told: another attempt sends the same bytes.
enum CallbackMessage {
    static let version = "2.0"

    /// - Parameters:
    ///   - reference: what the sender calls the request.
    ///   - processor: who tells it.
    static func body(
        of callback: StoredCallback, _ request: StoredPrivacyRequest, reference: String?,
        from processor: ProcessorIdentity
    ) -> [UInt8] {
        var writer = JSONWriter(capacity: 512)
        writer.beginObject()
        writer.key("api_version")
        writer.string(version)
        writer.key("controller_id")
        request.brand.write(to: &writer)
        writer.key("subject_request_id")
        writer.string(reference ?? request.id.description)
        writer.key("request_status")
        writer.string(callback.status.openDSR)
        writer.key("expected_completion_time")
        let estimate = PrivacyDeadlines.estimate(request.kind, request.regulation, request.receivedAt)
        (callback.expectedAt ?? estimate).write(to: &writer)
        writer.key("status_callback_url")
        writer.string(callback.url)
        if callback.status == .completed, request.kind == .access || request.kind == .portability,
            let url = reference.flatMap({ OpenDSRDoor.resultsURL(of: $0, at: processor) })
        {
            writer.key("results_url")
            writer.string(url)
        }
        writer.key("extensions")
        writer.beginObject()
        writer.key(processor.domain)
        writer.beginObject()
        writer.key("number")
        writer.int(callback.number)
        writer.key("request_id")
        request.id.write(to: &writer)
        writer.key("status")
        writer.string(callback.status.rawValue)
        if let reason = callback.reason {
            writer.key("reason")
            writer.string(reason.rawValue)
        }
        writer.endObject()
        writer.endObject()
        writer.endObject()
        return writer.bytes()
    }
}

extension PrivacyStatus {
    /// As OpenDSR 2.0 calls it (section 8). It has no word for a request that was refused, or that nobody confirmed:
    /// for whoever waits they are over without having been carried out, as cancelled ones are.
    var openDSR: String {
        switch self {
        case .received, .verified: "pending"
        case .processing: "in_progress"
        case .completed: "completed"
        case .denied, .cancelled, .expired: "cancelled"
        }
    }
}
