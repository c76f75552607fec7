internal import KeySchemas
internal import OrderedStore

/// What the catalogue keeps of one index, under `FF 73 (schema name, index id)`.
struct IndexRecord: Hashable {
    var number: Int64
    var isReady: Bool
    /// While it is built: the prefix of the last record that has its entries.
    var position: [UInt8]?

    init(number: Int64, isReady: Bool, position: [UInt8]? = nil) {
        self.number = number
        self.isReady = isReady
        self.position = position
    }

    init(_ json: JSONValue) throws(RecordError) {
        guard case .object(let object) = json, case .number(let number)? = object["number"],
            let value = number.integer, case .string(let state)? = object["state"],
            ["ready", "building"].contains(state)
        else {
            throw RecordError(
                .malformedSchema, message: "the catalogue's entry of an index makes no sense: \(json.text())")
        }
        self.init(number: value, isReady: state == "ready")
        if case .string(let hex)? = object["position"], case .bytes(let bytes)? = try? ComponentType.bytes().parse(hex)
        {
            position = bytes
        }
    }

    var state: IndexState { IndexState(number: number, isReady: isReady) }

    var json: JSONValue {
        var object: JSONObject = ["number": .integer(number), "state": isReady ? "ready" : "building"]
        if let position { object["position"] = .string(KeyValue.bytes(position).description) }
        return .object(object)
    }
}

extension OwnKeys {
    private static let indexTag = UInt8(ascii: "i")
    private static let garbageTag = UInt8(ascii: "g")
    private static let indexWord = "index"

    /// What all entries of an index begin with.
    static func indexEntries(_ number: Int64) -> [UInt8] {
        var key = [first, indexTag]
        Tuple.append(number, to: &key)
        return key
    }

    /// Where the catalogue keeps what became of an index.
    static func indexState(_ schema: String, id: Int) -> [UInt8] {
        var key = self.schema(schema)
        Tuple.append(Int64(id), to: &key)
        return key
    }

    /// The number that the next index gets.
    static var nextIndexNumber: [UInt8] { [first, formatTag] + Tuple.pack([.string(indexWord)]) }

    /// Marks the entries of an index that is no more, until they are removed.
    static func indexGarbage(_ number: Int64) -> [UInt8] {
        [first, garbageTag] + Tuple.pack([.string(indexWord), .integer(number)])
    }

    static var allIndexGarbage: KeyRange {
        let prefix = [first, garbageTag] + Tuple.pack([.string(indexWord)])
        return KeyRange(from: prefix, to: prefix + [Tuple.Code.escape])
    }

    /// The number in a key of ``indexGarbage(_:)``.
    static func indexNumber(ofGarbage key: Span<UInt8>) throws -> Int64? {
        guard case .integer(let number)? = try Tuple.unpack(key.extracting(droppingFirst: 2)).last else { return nil }
        return number
    }
}

extension Transaction where Base: ~Copyable {
    /// Gives out a number for an index.
    mutating func takeIndexNumber() throws -> Int64 { try takeNumber(OwnKeys.nextIndexNumber) }

    /// Gives out the number that is under a key, and puts the next one there.
    mutating func takeNumber(_ key: [UInt8]) throws -> Int64 {
        var next: Int64 = 1
        if let value = try get(key.span) {
            guard let number = Int64(value.string), number > 0, number < Int64.max else {
                throw RecordError(
                    .malformedSchema, key: RecordError.printable(key.span),
                    message: "the catalogue's count is no number")
            }
            next = number
        }
        put(key, String(next + 1))
        return next
    }

    /// What the catalogue keeps of an index.
    func indexRecord(_ schema: String, id: Int) throws -> IndexRecord? {
        guard let value = try get(OwnKeys.indexState(schema, id: id).span) else { return nil }
        return try IndexRecord(JSONValue(parsing: value.span))
    }

    mutating func set(_ record: IndexRecord, _ schema: String, id: Int) {
        put(OwnKeys.indexState(schema, id: id), record.json.text())
    }

    /// Takes an index out of the catalogue. Its entries stay until they are reclaimed.
    mutating func drop(_ index: CompiledIndex, of schema: String) {
        delete(OwnKeys.indexState(schema, id: index.definition.id))
        put(OwnKeys.indexGarbage(index.state.number), [UInt8]())
    }
}
