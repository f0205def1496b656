/// Bytes of Prometheus' text format, version 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format).
struct PrometheusText {
    private(set) var bytes: [UInt8] = []

    init() {
        bytes.reserveCapacity(16 << 10)
    }

    /// The lines that begin a metric.
    ///
    /// - Parameter help: what it counts, as a sentence; nil: nobody said.
    mutating func type(_ name: String, _ kind: PrometheusKind, help: String? = nil) {
        if let help {
            append("# HELP ")
            append(name)
            append(" ")
            append(help.split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\\\"))
            append("\n")
        }
        append("# TYPE ")
        append(name)
        append(" ")
        append(kind.rawValue)
        append("\n")
    }

    /// One line.
    ///
    /// - Parameter labels: empty, or with its braces as ``PrometheusIdentity`` makes it.
    mutating func sample(_ name: String, labels: String, _ value: Int64) {
        sample(name, labels: labels, text: String(value))
    }

    mutating func sample(_ name: String, labels: String, _ value: Double) {
        sample(name, labels: labels, text: Self.number(value))
    }

    private mutating func sample(_ name: String, labels: String, text: String) {
        append(name)
        append(labels)
        append(" ")
        append(text)
        append("\n")
    }

    private mutating func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    /// The shortest text that reads as the same number; whole numbers have no point.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        // Below 2^53 every whole number is exact.
        if value == value.rounded(), abs(value) < 0x1p53 { return String(Int64(value)) }
        return value.description
    }
}

/// A metric's name and one set of labels, made to fit Prometheus.
struct PrometheusIdentity: Sendable, Equatable {
    /// The longest name of a metric or a label, and the longest value of a label, in bytes; longer ones are cut.
    static let maximumBytes = 200

    let name: String
    /// With braces, sorted by name: `{method="signals.track"}`; empty without labels.
    let labels: String

    init(label: String, dimensions: [(String, String)]) {
        name = Self.name(label, allowsColon: true)
        var pairs: [(name: String, value: String)] = []
        for (dimension, value) in dimensions {
            let name = Self.labelName(dimension)
            // Two labels of one name would make the whole page unreadable.
            if !pairs.contains(where: { $0.name == name }) { pairs.append((name, Self.escape(value))) }
        }
        pairs.sort { $0.name < $1.name }
        labels = pairs.isEmpty ? "" : "{" + pairs.map { "\($0.name)=\"\($0.value)\"" }.joined(separator: ",") + "}"
    }

    /// The labels with the bound of a histogram's bucket.
    func labels(bound: Double) -> String {
        let bound = "le=\"\(PrometheusText.number(bound))\"}"
        return labels.isEmpty ? "{" + bound : labels.dropLast() + "," + bound
    }

    /// What is neither letter, digit nor underscore becomes an underscore, and a leading digit gets one before it.
    static func name(_ text: String, allowsColon: Bool) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 where bytes.count < maximumBytes {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
                bytes.append(byte)
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                if bytes.isEmpty { bytes.append(UInt8(ascii: "_")) }
                bytes.append(byte)
            case UInt8(ascii: ":") where allowsColon:
                bytes.append(byte)
            default:
                bytes.append(UInt8(ascii: "_"))
            }
        }
        return bytes.isEmpty ? "_" : String(decoding: bytes, as: UTF8.self)
    }

    /// Two leading underscores belong to Prometheus itself, and `le` to histograms.
    private static func labelName(_ text: String) -> String {
        let name = name(text, allowsColon: false)
        if name.hasPrefix("__") { return "label" + name }
        return name == "le" ? "label_le" : name
    }

    private static func escape(_ value: String) -> String {
        var escaped = ""
        var count = 0
        for scalar in value.unicodeScalars {
            count += UTF8.width(scalar)
            if count > maximumBytes { break }
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
