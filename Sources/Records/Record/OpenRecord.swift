internal import KeySchemas
internal import OrderedStore

/// What the marker key of an open schema's record says: the order of the members where it is not the usual one, and
/// the member whose name is empty, for which there is no other key.
///
/// The usual order is the parts of the key, and then all others by the bytes of their names. The value is JSON:
/// `{"order":["title","author"],"empty":1}`, each member only where it is needed. Names that the order does not list
/// come in the usual order, parts of the key before those it lists and all others after them; names of members that
/// are gone stand for nothing. So a plain put or delete of one member leaves it as it is.
struct MemberOrder {
    var names: [String]?
    var empty: JSONValue?

    init() {}

    /// Reads the value of a marker key.
    ///
    /// - Throws: ``RecordError`` with code `malformedValue`.
    init(stored: Span<UInt8>) throws(RecordError) {
        if stored.isEmpty { return }
        func refuse(_ message: String) -> RecordError {
            RecordError(
                .malformedValue, message: "the key without a field's name takes the order of the members: " + message)
        }
        let json: JSONValue
        do { json = try JSONValue(parsing: stored) } catch { throw refuse("not JSON: \(error)") }
        guard case .object(let object) = json else { throw refuse("\(json.kind) where an object belongs") }
        for member in object.members {
            switch (member.key, member.value) {
            case ("empty", let value): empty = value
            case ("order", .array(let elements)):
                var names: [String] = []
                for element in elements {
                    guard case .string(let name) = element else { throw refuse("\(element.kind) where a name belongs") }
                    names.append(name)
                }
                self.names = names
            default: throw refuse("it has a list called order, and a value called empty")
            }
        }
    }

    /// The value of the marker key; `nil` when there is nothing to say.
    var json: JSONValue? {
        var object = JSONObject()
        if let names { object["order"] = .array(names.map { .string($0) }) }
        if let empty { object["empty"] = empty }
        return object.count > 0 ? .object(object) : nil
    }
}

extension SchemaDefinition {
    /// Whether records may have a field or member called `name`.
    package func knows(_ name: String) -> Bool { isOpen || field(name) != nil }

    /// What a member is that the schema does not name; `nil` when it is not open, or does name it.
    package func openMember(_ name: String) -> FieldDefinition? {
        guard isOpen, field(name) == nil else { return nil }
        return FieldDefinition(name, id: 0, type: .json)
    }
}

extension RecordBuffer {
    /// How a record that is whole takes the place of another one.
    var wholeMode: WriteMode { schema.definition.isOpen ? .replace : .upsert }

    /// The fields that the schema does not know, in the order of their keys.
    ///
    /// - Complexity: O(*n* log *n*), and O(*n*) when they are in that order already.
    var unknownInOrder: [Unknown] {
        func isBefore(_ left: Unknown, _ right: Unknown) -> Bool {
            bytes(left.suffix).compare(to: bytes(right.suffix)) < 0
        }
        let isSorted = unknown.indices.dropLast().allSatisfy { isBefore(unknown[$0], unknown[$0 + 1]) }
        return isSorted ? unknown : unknown.sorted(by: isBefore)
    }

    /// What the marker key says.
    func memberOrder() throws(RecordError) -> MemberOrder {
        guard marker.count > 0 else { return MemberOrder() }
        do { return try MemberOrder(stored: bytes(marker)) } catch {
            throw error.about(schema: schema.name, key: prefix)
        }
    }

    /// The record of an open schema: `named` are those of its fields that are wanted, in the schema's order.
    func openRecord(_ named: DynamicRecord, _ wanted: Set<String>?) throws(RecordError) -> DynamicRecord {
        let partCount = named.fields.prefix { schema.definition.field($0.name)?.isKeyPart ?? false }.count
        var others = Array(named.fields[partCount...])
        for field in unknown {
            let name: String
            do { name = try schema.layout.fieldName(bytes(field.suffix)) } catch {
                throw RecordError(error, schema: schema.name, key: prefix + bytes(field.suffix).array)
            }
            guard wanted?.contains(name) ?? true else { continue }
            do { others.append(DynamicRecord.Field(name, try FieldCodec.decode(bytes(field.value), as: .json))) } catch
            {
                throw error.about(schema: schema.name, key: prefix, field: name)
            }
        }
        let order = try memberOrder()
        if let empty = order.empty, wanted?.contains("") ?? true {
            others.append(DynamicRecord.Field("", .json(empty)))
        }
        others.sort { $0.name.utf8.span.compare(to: $1.name.utf8.span) < 0 }
        var fields = named.fields[..<partCount] + others
        if let names = order.names {
            var places: [UTF8Key: Int] = [:]
            for (place, name) in names.enumerated() { places[UTF8Key(name)] = place }
            let ranks = fields.enumerated().map { place, field in
                places[UTF8Key(field.name)] ?? (place < partCount ? -1 : Int.max)
            }
            let sorted = ranks.indices.sorted { (ranks[$0], $0) < (ranks[$1], $1) }
            fields = sorted.map { fields[$0] }[...]
        }
        var record = DynamicRecord()
        for field in fields { record.append(field.name, field.value) }
        return record
    }

    /// Takes the members of a record that an open schema does not name, and the order of all.
    mutating func encodeMembers(of record: DynamicRecord) {
        let definition = schema.definition
        var order = MemberOrder()
        var parts: [String] = []
        var others: [String] = []
        var arePartsFirst = true
        for field in record.fields {
            let known = definition.field(field.name)
            if known?.isKeyPart ?? false {
                arePartsFirst = arePartsFirst && others.isEmpty
                parts.append(field.name)
                continue
            }
            others.append(field.name)
            if known != nil { continue }
            if field.name.isEmpty {
                order.empty = field.value.json
            } else {
                setUnknown(field.name, .json(field.value.json))
            }
        }
        let isSorted = others.indices.dropLast().allSatisfy {
            others[$0].utf8.span.compare(to: others[$0 + 1].utf8.span) < 0
        }
        if !arePartsFirst || parts != definition.keyFields.map(\.name) {
            order.names = record.fields.map(\.name)
        } else if !isSorted {
            order.names = others
        }
        guard let json = order.json else { return }
        setMarker { json.write(to: &$0) }
    }
}
