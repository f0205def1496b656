import GatewayAPI
import JSON

/// The body of a callback, as OpenDSR 2.0 has it (section 8.6).
///
/// What Gyre knows beyond OpenDSR's four states is in the extension of its own domain.
enum CallbackMessage {
    static let version = "2.0"

    /// - Parameters:
    ///   - domain: of the processor.
    ///   - reference: what the sender calls the request.
    static func body(
        of callback: StoredCallback, _ request: StoredPrivacyRequest, reference: String?, domain: String
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
        request.expectedCompletion.write(to: &writer)
        writer.key("status_callback_url")
        writer.string(callback.url)
        writer.key("extensions")
        writer.beginObject()
        writer.key(domain)
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

extension StoredPrivacyRequest {
    /// When it was answered, or will be at the latest: its deadline, or until the brand's calendar is known, an estimate.
    var expectedCompletion: Timestamp { endedAt ?? answerBy ?? PrivacyDeadlines.estimate(kind, regulation, receivedAt) }
}
