/// A name or value for a message: in single quotes, shortened to ``MappingError/maximumValueLength`` characters.
func quoted(_ text: some StringProtocol) -> String {
    let shown = text.prefix(MappingError.maximumValueLength)
    return shown.endIndex == text.endIndex ? "'\(shown)'" : "'\(shown)…'"
}
