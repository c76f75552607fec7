internal import KeySchemas
internal import OrderedStore

/// A record whose schema is known at run time only: names and values, in the order of the schema; first the parts
/// of the key, then the other fields, last those that the schema does not know. Records of an open schema keep the
/// order in which their members were written.
///
/// A field that has no value is not in it; one that is null has the value ``FieldValue/null``.
public struct DynamicRecord: Hashable, Sendable {
    /// A field's name and its value.
    public struct Field: Hashable, Sendable {
        public let name: String
        public var value: FieldValue

        public init(_ name: String, _ value: FieldValue) {
            self.name = name
            self.value = value
        }

        public static func == (left: Field, right: Field) -> Bool {
            left.name.hasSameBytes(as: right.name) && left.value == right.value
        }

        public func hash(into hasher: inout Hasher) {
            hasher.combine(UTF8Key(name))
            hasher.combine(value)
        }
    }

    /// The fields in order. No name is there twice.
    public private(set) var fields: [Field] = []

    /// A record without fields.
    public init() {}

    /// A field's value; `nil` is absent, and setting it removes the field.
    ///
    /// - Complexity: O(*n*) in the number of fields.
    public subscript(name: String) -> FieldValue? {
        get { fields.first { $0.name.hasSameBytes(as: name) }?.value }
        set {
            let position = fields.firstIndex { $0.name.hasSameBytes(as: name) }
            switch (position, newValue) {
            case (let position?, let value?): fields[position].value = value
            case (let position?, nil): fields.remove(at: position)
            case (nil, let value?): fields.append(Field(name, value))
            case (nil, nil): break
            }
        }
    }

    /// Adds a field whose name is known not to be there.
    mutating func append(_ name: String, _ value: FieldValue) { fields.append(Field(name, value)) }

    /// The record as a flat JSON object: absent fields left out, null as null.
    public var json: JSONValue {
        var object = JSONObject()
        for field in fields { object[field.name] = field.value.json }
        return .object(object)
    }
}

extension DynamicRecord: ExpressibleByDictionaryLiteral {
    /// Later values of a name replace earlier ones.
    public init(dictionaryLiteral elements: (String, FieldValue)...) {
        for (name, value) in elements { self[name] = value }
    }
}

extension RecordBuffer {
    /// The record with all its fields, or with those in `wanted` only.
    func record(wanted: Set<String>? = nil) throws(RecordError) -> DynamicRecord {
        var record = DynamicRecord()
        for (index, field) in schema.definition.keyFields.enumerated() where wanted?.contains(field.name) ?? true {
            record.append(field.name, .scalar(try part(index)))
        }
        for (slot, field) in schema.stored.enumerated() where wanted?.contains(field.name) ?? true {
            if let value = try value(slot) { record.append(field.name, value) }
        }
        if schema.definition.isOpen { return try openRecord(record, wanted) }
        guard wanted == nil else { return record }
        for field in unknown {
            let name: String
            do { name = try schema.unknownName(bytes(field.suffix)) } catch {
                throw RecordError(error, schema: schema.name, key: prefix + bytes(field.suffix).array)
            }
            record.append(name, .raw(bytes(field.value).array))
        }
        return record
    }

    /// Takes a whole record: checks each value, and fills in defaults.
    ///
    /// - Throws: ``RecordError`` that names the field.
    mutating func encode(_ record: DynamicRecord) throws(RecordError) {
        let definition = schema.definition
        var parts: [KeyValue] = []
        for field in definition.keyFields {
            guard let value = record[field.name] else {
                throw RecordError(
                    .missingField, schema: schema.name, field: field.name,
                    message: "a part of the key is missing")
            }
            do {
                guard case .scalar(let part) = try field.validate(value) else { continue }
                parts.append(part)
            } catch {
                throw error.about(schema: schema.name)
            }
        }
        do { try begin(parts: parts) } catch { throw RecordError(error, schema: schema.name) }
        for (slot, field) in schema.stored.enumerated() {
            guard let value = record[field.name] ?? field.defaultValue else { continue }
            do { set(slot, try field.validate(value)) } catch {
                throw error.about(schema: schema.name, key: prefix)
            }
        }
        if definition.isOpen { return encodeMembers(of: record) }
        for field in record.fields where definition.position(of: field.name) == nil {
            try encodeUnknown(field.name, field.value)
        }
    }

    /// Takes a field that the schema does not know: in its stored form only, so that no misspelt name gets in.
    mutating func encodeUnknown(_ name: String, _ value: FieldValue) throws(RecordError) {
        guard case .raw = value, schema.mayKeepUnknown(name) else { throw schema.definition.unknownField(name) }
        setUnknown(name, value)
    }
}
