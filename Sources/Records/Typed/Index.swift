/// An index that a Swift type declares, on its own properties.
///
/// ```swift
/// static let schema = RecordSchema<Book>(
///     "book", version: 1, key: "book:{genre}:{id}:{field}",
///     indexes: [
///         Index("byAuthor", on: [.ascending(\.author), .descending(\.year)], include: [\.title]),
///         Index("byISBN", on: \.id, unique: true),
///     ])
/// ```
///
/// A property's name is taken for that of its field.
public struct Index<Value: Record>: Sendable {
    /// One part of an index: whose values, and in which direction.
    public struct Part: Sendable {
        fileprivate let path: Result<String, RecordError>
        fileprivate let isDescending: Bool

        /// Smaller values come first.
        public static func ascending(_ property: PartialKeyPath<Value>) -> Part {
            Part(path: Index.path(property), isDescending: false)
        }

        /// Larger values come first.
        public static func descending(_ property: PartialKeyPath<Value>) -> Part {
            Part(path: Index.path(property), isDescending: true)
        }

        /// Each element of an array: the index has an entry for each.
        public static func each(_ property: PartialKeyPath<Value>) -> Part {
            Part(path: Index.path(property).map { $0 + "[]" }, isDescending: false)
        }

        /// A path as a schema file writes it, for what no property leads to: see ``IndexPart/path``.
        public static func path(_ path: String, descending: Bool = false) -> Part {
            Part(path: .success(path), isDescending: descending)
        }
    }

    private let name: String
    private let id: Int?
    private let parts: [Part]
    private let isUnique: Bool
    private let isSparse: Bool
    private let include: [Result<String, RecordError>]

    /// An index on properties in ascending order.
    ///
    /// - Parameters:
    ///   - name: letters, digits, `_`, `-` and `.`.
    ///   - properties: what records are ordered by, the most significant first.
    ///   - id: the number that is the index's for good. Without one it is its place among the type's indexes, from 1:
    ///     give numbers before you remove an index or put one before others.
    ///   - unique: no two records may have the same values.
    ///   - sparse: records in which a part is null or absent are left out.
    ///   - include: properties that each entry holds a copy of, so that reading them does not touch the record.
    public init(
        _ name: String, on properties: PartialKeyPath<Value>..., id: Int? = nil, unique: Bool = false,
        sparse: Bool = false, include: [PartialKeyPath<Value>] = []
    ) {
        self.init(
            name, on: properties.map { Part.ascending($0) }, id: id, unique: unique, sparse: sparse, include: include)
    }

    /// An index whose parts say their direction.
    ///
    /// - Parameters: as those of ``init(_:on:id:unique:sparse:include:)-(_,PartialKeyPath<Value>...,_,_,_,_)``.
    public init(
        _ name: String, on parts: [Part], id: Int? = nil, unique: Bool = false, sparse: Bool = false,
        include: [PartialKeyPath<Value>] = []
    ) {
        self.name = name
        self.id = id
        self.parts = parts
        isUnique = unique
        isSparse = sparse
        self.include = include.map { Index.path($0) }
    }

    /// The definition of the index at `position` among its type's.
    func definition(at position: Int) throws(RecordError) -> IndexDefinition {
        do throws(RecordError) {
            return IndexDefinition(
                name, id: id ?? position + 1,
                on: try parts.map { part throws(RecordError) in
                    IndexPart(try part.path.get(), descending: part.isDescending)
                },
                unique: isUnique, sparse: isSparse,
                include: try include.map { path throws(RecordError) in try path.get() })
        } catch {
            var error = error
            error.index = name
            throw error
        }
    }

    /// The path that a schema file would write for a property; found at once, as key paths are not sendable.
    private static func path(_ property: PartialKeyPath<Value>) -> Result<String, RecordError> {
        do throws(RecordError) { return .success(try property.fieldPath()) } catch { return .failure(error) }
    }
}
