public import OrderedStore

/// How a schema's keys are written.
public enum KeyEncoding: String, Hashable, Sendable, CaseIterable {
    /// Readable: parts joined with colons. Byte order is value order for the parts whose order class is strict.
    case text
    /// FoundationDB's tuple layer. Byte order is value order for every part.
    case tuple
}

/// The keys of one schema: a template, the types of its parts and the encoding.
///
/// A key is a record's *prefix*, which holds all its parts, and, where the template ends with `{field}`, the
/// *field suffix* after it. Without `{field}` the prefix is the whole key.
///
/// A layout is a value without mutable state: use it from any thread.
public struct KeyLayout: Hashable, Sendable {
    /// One part of the key.
    public struct Component: Hashable, Sendable {
        /// The placeholder's name.
        public let name: String
        /// What its values are.
        public let type: ComponentType
        /// Whether a range of its values is a range of keys.
        public let orderClass: OrderClass
    }

    /// The shape of the keys.
    public let template: KeyTemplate
    /// The parts in the template's order, without `{field}`.
    public let components: [Component]
    /// How the keys are written.
    public let encoding: KeyEncoding
    /// Whether each field of a record has a key of its own.
    public let hasField: Bool

    /// The types of ``components``, apart from their names: reading one retains nothing.
    let types: [ComponentType]
    /// What is written before the first part, before the second, and so on, and last what follows the last part,
    /// one after the other. In `text` each ends with the colon that separates it from what comes next.
    let literals: [UInt8]
    /// Where in ``literals`` each of them ends.
    let literalEnds: [Int]

    /// A layout of `template` whose parts have `types`, in the same order.
    ///
    /// - Throws: ``KeyError`` when the numbers of parts and types differ, or a type's own numbers make no sense.
    public init(
        _ template: KeyTemplate, types: [ComponentType], encoding: KeyEncoding = .text
    ) throws(KeyError) {
        let names = template.partNames
        guard names.count == types.count else {
            throw KeyError(
                .partCount, message: "\(types.count) types for the \(names.count) parts of \(template)")
        }
        for (name, type) in zip(names, types) {
            do { try type.validate() } catch { throw error.inComponent(name) }
        }
        self.init(unchecked: template, types: types, encoding: encoding)
    }

    /// A layout of valid types, one for each part.
    init(unchecked template: KeyTemplate, types: [ComponentType], encoding: KeyEncoding) {
        self.template = template
        self.encoding = encoding
        hasField = template.hasField
        var remaining = types[...]
        var components: [Component] = []
        var literals: [UInt8] = []
        var literalEnds: [Int] = []
        for (index, segment) in template.segments.enumerated() {
            let isLast = index == template.segments.count - 1
            switch segment {
            case .literal(let text):
                switch encoding {
                case .text: TextForm.append(text.utf8.span, to: &literals)
                case .tuple: Tuple.append(string: text.utf8.span, to: &literals)
                }
            case .part(let name):
                guard let type = remaining.popFirst() else { continue }
                let order = type.orderClass(in: encoding, isLast: isLast)
                components.append(Component(name: name, type: type, orderClass: order))
                literalEnds.append(literals.count)
            case .field:
                continue
            }
            if encoding == .text && !isLast { literals.append(TextForm.separator) }
        }
        self.components = components
        self.types = components.map(\.type)
        self.literals = literals
        self.literalEnds = literalEnds + [literals.count]
    }

    private init(_ other: KeyLayout, under prefix: [UInt8]) {
        template = other.template
        encoding = other.encoding
        hasField = other.hasField
        components = other.components
        types = other.types
        literals = prefix + other.literals
        literalEnds = other.literalEnds.map { $0 + prefix.count }
    }

    /// The same layout whose keys all have `prefix` before them, to keep such keys elsewhere.
    package func under(_ prefix: [UInt8]) -> KeyLayout { KeyLayout(self, under: prefix) }

    /// What all keys of the layout begin with: its first literals.
    public var literalPrefix: [UInt8] { Array(literals[..<literalEnds[0]]) }

    /// Whether some key could belong to both layouts.
    ///
    /// Of two encodings the literal prefixes are compared, of one the templates: see
    /// ``KeyTemplate/overlaps(with:)``.
    public func overlaps(with other: KeyLayout) -> Bool {
        if encoding == other.encoding { return template.overlaps(with: other.template) }
        let mine = literalPrefix
        let theirs = other.literalPrefix
        return mine.span.starts(with: theirs.span) || theirs.span.starts(with: mine.span)
    }
}

extension KeyLayout {
    /// Appends the prefix of the record with these parts.
    ///
    /// - Parameters:
    ///   - parts: one value for each component, in order.
    ///   - key: what the prefix is appended to.
    /// - Complexity: O(*n*) in the bytes; nothing is allocated but the array's growth.
    /// - Throws: ``KeyError`` that names the part; `key` is then as it was.
    public func appendPrefix(_ parts: [KeyValue], to key: inout [UInt8]) throws(KeyError) {
        guard parts.count == components.count else {
            throw KeyError(
                .partCount,
                message: "\(parts.count) parts where the key has \(components.count): \(template)")
        }
        try appendLeading(parts, to: &key)
    }

    /// The prefix of the record with these parts.
    ///
    /// - Throws: ``KeyError`` that names the part.
    public func prefix(_ parts: [KeyValue]) throws(KeyError) -> [UInt8] {
        var key: [UInt8] = []
        key.reserveCapacity(expectedCount)
        try appendPrefix(parts, to: &key)
        return key
    }

    /// The key of one field of the record with these parts.
    ///
    /// - Throws: ``KeyError`` that names the part.
    public func key(_ parts: [KeyValue], field: some ByteSource) throws(KeyError) -> [UInt8] {
        var key = try prefix(parts)
        appendField(field, to: &key)
        return key
    }

    /// Appends a field's name to a record's prefix, as the field suffix of its key.
    ///
    /// - Parameters:
    ///   - name: UTF-8. The empty name marks a record of which no field is stored.
    ///   - key: the record's prefix, which becomes the field's key.
    /// - Complexity: O(*n*); nothing is allocated but the array's growth.
    public func appendField(_ name: some ByteSource, to key: inout [UInt8]) {
        name.withBytes { name in
            switch encoding {
            case .text: TextForm.append(name, to: &key)
            case .tuple: Tuple.append(string: name, to: &key)
            }
        }
    }

    /// What is written before the part at `index`, or after the last part.
    @_lifetime(borrow self)
    package func literal(_ index: Int) -> Span<UInt8> {
        literals.span.extracting((index == 0 ? 0 : literalEnds[index - 1])..<literalEnds[index])
    }

    /// About how many bytes a key takes, so that most are written without growing their array.
    var expectedCount: Int {
        literals.count + 24 * types.count + 16
    }

    /// Appends leading parts and what stands between them, up to the next part, or to the end of the prefix.
    func appendLeading(_ parts: [KeyValue], to key: inout [UInt8]) throws(KeyError) {
        let start = key.count
        do {
            for (index, part) in parts.enumerated() { try append(part, at: index, to: &key) }
        } catch {
            key.removeLast(key.count - start)
            throw error
        }
        key.append(copying: literal(parts.count))
    }

    /// Appends what stands before the part at `index`, and the part. A prefix is made by doing that for each part
    /// in order, and ``appendEnd(to:)``.
    ///
    /// - Precondition: `index` is one of ``components``.
    /// - Throws: ``KeyError`` that names the part.
    package func append(_ part: KeyValue, at index: Int, to key: inout [UInt8]) throws(KeyError) {
        key.append(copying: literal(index))
        try appendPart(part, at: index, to: &key)
    }

    /// Appends the part at `index` alone, without what stands before it.
    ///
    /// - Precondition: `index` is one of ``components``.
    /// - Throws: ``KeyError`` that names the part.
    package func appendPart(_ part: KeyValue, at index: Int, to key: inout [UInt8]) throws(KeyError) {
        let type = types[index]
        if encoding == .text, case .string = type, case .string(let text) = part {
            return TextForm.append(text.utf8.span, to: &key)
        }
        do {
            switch encoding {
            case .text: try type.appendText(part, to: &key)
            case .tuple: try type.appendTuple(part, to: &key)
            }
        } catch {
            throw error.inComponent(components[index].name)
        }
    }

    /// Appends what follows the last part, and so ends a prefix.
    package func appendEnd(to key: inout [UInt8]) {
        key.append(copying: literal(types.count))
    }
}
