public import KeySchemas
internal import OrderedStore

/// A Swift type whose values are stored as records.
///
/// ```swift
/// struct Book: Record {
///     var genre: String, id: String
///     var title: String, author: String, year: Int?
///     static let schema = RecordSchema<Book>("book", version: 1, key: "book:{genre}:{id}:{field}")
/// }
/// ```
///
/// An optional property is absent when it is `nil`; null reads as `nil`, too. A property of another `Codable` type
/// is stored as JSON, or, where it codes as a single value as raw-value enums do, as that.
public protocol Record: Codable, Sendable {
    /// The schema of the records.
    static var schema: RecordSchema<Self> { get }

    /// Makes a value by the type's own code; `nil` where it has none. Conform to ``FieldRecord`` for that.
    static func make(fields: inout FieldReader) throws(RecordError) -> Self?
    /// Writes all fields by the type's own code; `false` where it has none. Conform to ``FieldRecord`` for that.
    borrowing func writeIfDirect(to fields: inout FieldWriter) throws(RecordError) -> Bool
}

extension Record {
    public static func make(fields: inout FieldReader) throws(RecordError) -> Self? { nil }
    public borrowing func writeIfDirect(to fields: inout FieldWriter) throws(RecordError) -> Bool { false }
}

/// A record that is read and written by its own code, field by field: several times as fast as through `Codable`.
public protocol FieldRecord: Record {
    /// Makes a value of a stored record.
    init(fields: inout FieldReader) throws(RecordError)
    /// Writes all that is to be stored.
    borrowing func write(to fields: inout FieldWriter) throws(RecordError)
}

extension FieldRecord {
    public static func make(fields: inout FieldReader) throws(RecordError) -> Self? { try Self(fields: &fields) }
    public borrowing func writeIfDirect(to fields: inout FieldWriter) throws(RecordError) -> Bool {
        try write(to: &fields)
        return true
    }
}

/// The schema that a Swift type declares.
public struct RecordSchema<Value: Record>: Sendable {
    /// The schema, or why there is none: ``Keyspace/records(of:)`` throws that.
    public let definition: Result<SchemaDefinition, RecordError>

    /// Derives the fields from the properties of `Value`, in their order, with the ids 1, 2, 3, …
    ///
    /// `String` is a string, an integer type an int, `Double` a double, `Bool` a bool, `[UInt8]` bytes,
    /// `CalendarDate` a date, `Timestamp` a timestamp, `UUID128` a uuid, and whatever else is coded json. Properties
    /// that are not optional are required.
    ///
    /// Give `fields` where they are not to be derived: with ids of your own, checks, decimals. The key is a template
    /// such as `book:{genre}:{id}:{field}`, without the `{field}` in the layout `packed`.
    public init(
        _ name: String, version: Int, key: String, encoding: KeyEncoding = .text, layout: RecordLayout = .fields,
        fields: [FieldDefinition]? = nil, indexes: [IndexDefinition] = [], retiredFields: [Int] = [],
        retiredIndexes: [Int] = []
    ) {
        self.init(name) { () throws(RecordError) in
            let fields = if let fields { fields } else { try FieldProbe.fields(of: Value.self, schema: name) }
            return try SchemaDefinition(
                name, version: version, key: try RecordSchema.template(key, schema: name), encoding: encoding,
                layout: layout, fields: fields, indexes: indexes, retiredFields: retiredFields,
                retiredIndexes: retiredIndexes)
        }
    }

    /// The same with indexes on the type's properties.
    // An empty list of indexes is one of the other kind.
    @_disfavoredOverload
    public init(
        _ name: String, version: Int, key: String, encoding: KeyEncoding = .text, layout: RecordLayout = .fields,
        fields: [FieldDefinition]? = nil, indexes: [Index<Value>], retiredFields: [Int] = [],
        retiredIndexes: [Int] = []
    ) {
        self.init(name) { () throws(RecordError) in
            var definitions: [IndexDefinition] = []
            for (position, index) in indexes.enumerated() { definitions.append(try index.definition(at: position)) }
            return try RecordSchema(
                name, version: version, key: key, encoding: encoding, layout: layout, fields: fields,
                indexes: definitions, retiredFields: retiredFields, retiredIndexes: retiredIndexes
            ).definition.get()
        }
    }

    private init(_ name: String, _ make: () throws(RecordError) -> SchemaDefinition) {
        do throws(RecordError) { definition = .success(try make()) } catch {
            definition = .failure(error.about(schema: name))
        }
    }

    private static func template(_ key: String, schema: String) throws(RecordError) -> KeyTemplate {
        do { return try KeyTemplate(key) } catch { throw RecordError(error, schema: schema) }
    }
}

extension SchemaDefinition {
    /// How a Swift type's schema disagrees with the one in the catalogue, a line each: what the type could not
    /// read, and what it could not write. Fields that the type does not know are no disagreement unless they
    /// are required; nor are indexes that it does not know, and checks, which each write is held to.
    func disagreements(with catalogue: SchemaDefinition) -> [String] {
        var lines: [String] = []
        if layout.template != catalogue.layout.template {
            lines.append("the key is \(layout.template) in the type, \(catalogue.layout.template) in the database")
        }
        if layout.encoding != catalogue.layout.encoding {
            lines.append(
                "the encoding is \(layout.encoding) in the type, \(catalogue.layout.encoding) in the database")
        }
        if recordLayout != catalogue.recordLayout {
            lines.append("the layout is \(recordLayout) in the type, \(catalogue.recordLayout) in the database")
        }
        for field in fields {
            guard let other = catalogue.field(field.name) else {
                lines.append("field \(field.name) is not in the database's schema")
                continue
            }
            if !field.type.reads(other.type) {
                lines.append(
                    "field \(field.name) is \(field.type.name) in the type, \(other.type.name) in the database")
            }
            if field.isRequired && !other.isRequired {
                lines.append("field \(field.name) is required in the type, optional in the database; make it optional")
            } else if !field.isRequired && other.isRequired {
                lines.append("field \(field.name) is optional in the type, required in the database")
            } else if field.isRequired && other.isNullable {
                lines.append("field \(field.name) is required in the type and may be null in the database")
            }
        }
        for other in catalogue.fields where other.isRequired && field(other.name) == nil {
            lines.append("field \(other.name) is required in the database and not in the type")
        }
        for index in indexes {
            let other = catalogue.index(index.name)
            if let other, index.isLike(other) { continue }
            let found = other.map { "is on \($0) in the database" } ?? "is not in the database's schema"
            lines.append(
                "index \(index.name), on \(index) in the type, \(found); apply a schema with it, and then run: "
                    + "lvkv index rebuild \(name) \(index.name)")
        }
        return lines
    }
}

extension IndexDefinition {
    /// Whether it is another one but for its number, which a type need not know.
    fileprivate func isLike(_ other: IndexDefinition) -> Bool {
        self
            == IndexDefinition(
                other.name, id: id, on: other.parts, unique: other.isUnique, sparse: other.isSparse,
                include: other.include)
    }
}

extension FieldType {
    /// Whether a property of this type reads and writes fields of `other`, whose numbers may differ.
    fileprivate func reads(_ other: FieldType) -> Bool {
        FieldKind(self) == FieldKind(other) || (FieldKind(self) == .double && FieldKind(other) == .decimal)
    }
}
