import JSON
import Mapping

/// Runs a whole file through a template.
struct MappingFixture {
    var records: [MappedRecord] = []
    /// Rows that became no record, by line.
    var refusals: [Int: MappingError] = [:]
    var unusedColumns: [String] = []

    init(_ template: String, _ file: String) throws {
        let template = try MappingTemplate(json: template)
        var reader = CSVReader(delimiter: template.delimiter)
        reader.feed(Array(file.utf8), isLast: true)
        var mapping: Mapping?
        while true {
            switch try reader.next() {
            case .header:
                mapping = try Mapping(template, header: reader.header)
                unusedColumns = mapping?.unusedColumns ?? []
            case .row:
                let row = reader.row
                do throws(MappingError) {
                    if let record = try mapping?.map(row) { records.append(record) }
                } catch {
                    refusals[row.line] = error
                }
            case .problem(let problem): throw problem
            case .needsMore, .end: return
            }
        }
    }
}

extension MappedRecord {
    var propertiesText: String { String(decoding: properties, as: UTF8.self) }
    var traitsText: String { String(decoding: traits, as: UTF8.self) }
}
