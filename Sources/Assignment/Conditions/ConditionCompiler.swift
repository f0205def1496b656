import JSON

/// Turns the JSON of a condition into tests.
struct ConditionCompiler {
    private let savedGroups: SavedGroups
    private var tests = 0
    private var depth = 0
    /// The groups that are being compiled, outermost first.
    private var openGroups: [String] = []

    init(savedGroups: SavedGroups) { self.savedGroups = savedGroups }

    mutating func condition(_ json: JSONValue, at pointer: String) throws(AssignmentError) -> AttributeTest {
        guard case .object(let object) = json else {
            throw AssignmentError(
                pointer: pointer, message: "must be a condition, an object such as {\"age\": {\"$gt\": 18}}")
        }
        depth += 1
        defer { depth -= 1 }
        guard depth <= Condition.maximumDepth else {
            throw AssignmentError(
                pointer: pointer, message: "must not nest conditions more than \(Condition.maximumDepth) deep")
        }
        var all: [AttributeTest] = []
        for member in object {
            let place = pointer + "/" + JSONPointer.escape(member.name)
            switch member.name {
            case "$and": all.append(.all(try conditions(member.value, at: place)))
            case "$or": all.append(.any(try conditions(member.value, at: place)))
            case "$nor": all.append(.not(.any(try conditions(member.value, at: place))))
            case "$not": all.append(.not(try condition(member.value, at: place)))
            case "$savedGroup": all.append(try savedGroup(member.value, at: place))
            case let name where name.beginsWithDollar:
                throw AssignmentError(
                    pointer: place,
                    message:
                        "is neither $and, $or, $nor, $not nor $savedGroup; operators on a value, such as $gt, stand "
                        + "behind an attribute's name")
            default:
                try count(at: place)
                all.append(
                    .value(AttributePath(member.name), try valueTest(member.value, at: place), pointer: place))
            }
        }
        return all.count == 1 ? all[0] : .all(all)
    }

    private mutating func conditions(
        _ json: JSONValue, at pointer: String
    ) throws(AssignmentError) -> [AttributeTest] {
        guard case .array(let elements) = json else {
            throw AssignmentError(pointer: pointer, message: "must be an array of conditions")
        }
        var all: [AttributeTest] = []
        for (index, element) in elements.enumerated() { all.append(try condition(element, at: "\(pointer)/\(index)")) }
        return all
    }

    private mutating func savedGroup(_ json: JSONValue, at pointer: String) throws(AssignmentError) -> AttributeTest {
        guard let id = json["id"]?.string else {
            throw AssignmentError(pointer: pointer, message: "must name a saved group: {\"id\": …}")
        }
        switch try content(of: id, at: pointer + "/id") {
        case .values(let list, let attribute):
            guard let path = json["attributeKey"].map(\.string) ?? attribute else {
                throw AssignmentError(
                    pointer: pointer, message: "needs \"attributeKey\", the attribute to look for in the list '\(id)'")
            }
            try count(at: pointer)
            return .value(AttributePath(path), .member(list), pointer: pointer)
        case .condition(let condition):
            guard !openGroups.contains(where: { $0.isExactly(id) }) else {
                let cycle = (openGroups + [id]).drop { !$0.isExactly(id) }.joined(separator: " → ")
                throw AssignmentError(pointer: pointer, message: "closes a cycle of saved groups: \(cycle)")
            }
            openGroups.append(id)
            defer { openGroups.removeLast() }
            return try self.condition(condition, at: pointer)
        }
    }

    private func content(of id: String, at pointer: String) throws(AssignmentError) -> SavedGroups.Content {
        guard let content = savedGroups[id] else {
            throw AssignmentError(pointer: pointer, message: "names the saved group '\(id)', which does not exist")
        }
        return content
    }

    private mutating func valueTest(_ json: JSONValue, at pointer: String) throws(AssignmentError) -> ValueTest {
        guard case .object(let object) = json, object.allSatisfy(\.name.beginsWithDollar) else {
            return .literal(AttributeValue(json))
        }
        depth += 1
        defer { depth -= 1 }
        guard depth <= Condition.maximumDepth else {
            throw AssignmentError(
                pointer: pointer, message: "must not nest operators more than \(Condition.maximumDepth) deep")
        }
        var all: [ValueTest] = []
        for member in object {
            let place = pointer + "/" + JSONPointer.escape(member.name)
            try count(at: place)
            all.append(try operation(member.name, member.value, at: place))
        }
        return all.count == 1 ? all[0] : .all(all)
    }

    private mutating func operation(
        _ name: String, _ operand: JSONValue, at pointer: String
    ) throws(AssignmentError) -> ValueTest {
        switch name {
        case "$eq": return .strictlyEqual(try scalar(operand, at: pointer))
        case "$ne": return .not(.strictlyEqual(try scalar(operand, at: pointer)))
        case "$lt": return try ordered(.less, operand, at: pointer)
        case "$lte": return try ordered(.lessOrEqual, operand, at: pointer)
        case "$gt": return try ordered(.greater, operand, at: pointer)
        case "$gte": return try ordered(.greaterOrEqual, operand, at: pointer)
        case "$veq": return try version(.equal, operand, at: pointer)
        case "$vne": return .not(try version(.equal, operand, at: pointer))
        case "$vlt": return try version(.less, operand, at: pointer)
        case "$vlte": return try version(.lessOrEqual, operand, at: pointer)
        case "$vgt": return try version(.greater, operand, at: pointer)
        case "$vgte": return try version(.greaterOrEqual, operand, at: pointer)
        case "$in": return .member(ValueList(try list(operand, at: pointer)))
        case "$nin": return .not(.member(ValueList(try list(operand, at: pointer))))
        case "$ini": return .member(ValueList(try list(operand, at: pointer), ignoringCase: true))
        case "$nini": return .not(.member(ValueList(try list(operand, at: pointer), ignoringCase: true)))
        case "$inGroup": return .member(try savedList(operand, at: pointer))
        case "$notInGroup": return .not(.member(try savedList(operand, at: pointer)))
        case "$exists":
            guard let mustExist = operand.bool else {
                throw AssignmentError(pointer: pointer, message: "must be true or false")
            }
            return mustExist ? .exists : .not(.exists)
        case "$type":
            let kinds = ["string", "number", "boolean", "array", "object", "null"]
            guard let kind = operand.string, kinds.contains(kind) else {
                throw AssignmentError(pointer: pointer, message: "must be one of \(kinds.joined(separator: ", "))")
            }
            return .kind(kind)
        case "$size": return .size(try valueTest(operand, at: pointer))
        case "$all": return .everyOne(try elements(operand, at: pointer, ignoringCase: false))
        case "$alli": return .everyOne(try elements(operand, at: pointer, ignoringCase: true))
        case "$elemMatch": return try someElement(operand, at: pointer)
        case "$regex": return .matches(try pattern(operand, at: pointer, ignoringCase: false))
        case "$regexi": return .matches(try pattern(operand, at: pointer, ignoringCase: true))
        case "$notRegex": return .not(.matches(try pattern(operand, at: pointer, ignoringCase: false)))
        case "$notRegexi": return .not(.matches(try pattern(operand, at: pointer, ignoringCase: true)))
        case "$not": return .not(try valueTest(operand, at: pointer))
        case "$and", "$or", "$nor", "$savedGroup":
            throw AssignmentError(
                pointer: pointer, message: "joins conditions, not operators; put it around the attribute's name")
        default:
            throw AssignmentError(
                pointer: pointer, message: "is no operator; Condition's table lists them, such as $eq, $in and $regex")
        }
    }

    private mutating func count(at pointer: String) throws(AssignmentError) {
        tests += 1
        guard tests <= Condition.maximumTests else {
            throw AssignmentError(
                pointer: pointer,
                message: "is beyond the \(Condition.maximumTests) tests of a condition; put lists of "
                    + "values into $in or a saved group")
        }
    }
}

// Operands.
extension ConditionCompiler {
    private func scalar(_ json: JSONValue, at pointer: String) throws(AssignmentError) -> AttributeValue {
        switch json {
        case .array, .object:
            throw AssignmentError(
                pointer: pointer,
                message: "never equals an array or an object; write the literal without the operator")
        default: return AttributeValue(json)
        }
    }

    private func ordered(
        _ comparison: ValueTest.Comparison, _ json: JSONValue, at pointer: String
    ) throws(AssignmentError) -> ValueTest {
        switch AttributeValue(json) {
        case .number(let number): return .number(comparison, number)
        case .string(let text): return .text(comparison, text)
        default: throw AssignmentError(pointer: pointer, message: "must be a number or a text, which have an order")
        }
    }

    private func version(
        _ comparison: ValueTest.Comparison, _ json: JSONValue, at pointer: String
    ) throws(AssignmentError) -> ValueTest {
        guard let version = VersionText(AttributeValue(json)) else {
            throw AssignmentError(pointer: pointer, message: "must be a version, such as \"2.10.0\"")
        }
        return .version(comparison, version, isNumber: json.number != nil)
    }

    private func list(_ json: JSONValue, at pointer: String) throws(AssignmentError) -> [AttributeValue] {
        guard case .array(let elements) = json else {
            throw AssignmentError(pointer: pointer, message: "must be an array of values")
        }
        return elements.map(AttributeValue.init)
    }

    private func savedList(_ json: JSONValue, at pointer: String) throws(AssignmentError) -> ValueList {
        guard let id = json.string else {
            throw AssignmentError(pointer: pointer, message: "must be the id of a saved group")
        }
        guard case .values(let list, _) = try content(of: id, at: pointer) else {
            throw AssignmentError(
                pointer: pointer, message: "names '\(id)', which is a condition and no list; use $savedGroup")
        }
        return list
    }

    private func pattern(
        _ json: JSONValue, at pointer: String, ignoringCase: Bool
    ) throws(AssignmentError) -> Pattern {
        guard let text = json.string else {
            throw AssignmentError(pointer: pointer, message: "must be a pattern, a text")
        }
        do throws(AssignmentError) {
            return try Pattern(text, ignoringCase: ignoringCase)
        } catch {
            throw error.prefixed(by: pointer)
        }
    }

    private mutating func elements(
        _ json: JSONValue, at pointer: String, ignoringCase: Bool
    ) throws(AssignmentError) -> [ValueTest] {
        guard case .array(let elements) = json else {
            throw AssignmentError(pointer: pointer, message: "must be an array of what its elements are to be")
        }
        var all: [ValueTest] = []
        for (index, element) in elements.enumerated() {
            try count(at: pointer)
            if ignoringCase, let text = element.string {
                all.append(.foldedText(text.lowercasedAsInJavaScript))
            } else {
                all.append(try valueTest(element, at: "\(pointer)/\(index)"))
            }
        }
        return all
    }

    /// Operators ask the element itself; names of attributes, and what joins conditions, ask its members.
    private mutating func someElement(_ json: JSONValue, at pointer: String) throws(AssignmentError) -> ValueTest {
        guard case .object(let object) = json else {
            throw AssignmentError(pointer: pointer, message: "must be an object of operators, or a condition")
        }
        let joins = ["$and", "$or", "$nor", "$savedGroup"]
        let asksValue = object.allSatisfy { $0.name.beginsWithDollar && !joins.contains($0.name) }
        return asksValue
            ? .someElement(try valueTest(json, at: pointer)) : .someObject(try condition(json, at: pointer))
    }
}

extension String {
    /// `hasPrefix` would take "$" with an accent for another character.
    fileprivate var beginsWithDollar: Bool { utf8.first == 0x24 }
}
