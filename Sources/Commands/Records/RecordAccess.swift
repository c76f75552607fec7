package import OrderedStore
package import Records

/// What the commands about schemas, records and documents need of a keyspace, without its engine's type. Everything
/// comes and goes as JSON. Safe from any thread.
package protocol RecordAccess: AnyObject, Sendable {
    var schemaNames: [String] { get }
    func schemaText(_ name: String) throws -> JSONValue
    /// - Returns: what changed.
    func applySchema(_ text: String) throws -> JSONValue
    func dropSchema(_ name: String, keepsData: Bool) throws
    /// - Returns: a `SchemaPlan`.
    func planSchema(_ text: String) throws -> JSONValue
    func commitSchema(_ name: String) throws
    /// - Parameter isDryRun: nothing is changed.
    /// - Returns: a `RollbackPlan`.
    func rollBackSchema(_ name: String, isDryRun: Bool) throws -> JSONValue
    /// - Returns: the events of a schema, and what there is to do about a rewrite.
    func schemaHistory(_ name: String) throws -> JSONValue

    func putRecord(_ schema: String, _ record: JSONValue, replaces: Bool, _ durability: Durability) throws
    /// - Parameter changes: the fields' new values; those of `removed` are taken away.
    /// - Returns: the record as it is then.
    func updateRecord(
        _ schema: String, _ parts: [String], _ changes: JSONObject, removed: [String], _ durability: Durability
    ) throws -> JSONValue
    /// - Returns: whether it was there.
    func deleteRecord(_ schema: String, _ parts: [String], _ durability: Durability) throws -> Bool
    func record(_ schema: String, _ parts: [String], fields: [String]?) throws -> JSONValue?
    /// How many parts a record's key has.
    func keyPartCount(_ schema: String) throws -> Int
    func moveRecord(
        _ schema: String, _ parts: [String], to destination: [String], overwriting: Bool, _ durability: Durability
    ) throws
    /// Writes many records in one transaction.
    /// - Returns: how many were written, and which were not and why.
    func loadRecords(
        _ schema: String, _ records: [JSONValue], _ how: RecordLoading, _ durability: Durability
    ) throws -> JSONValue
    /// - Returns: the records of a page that an index finds, and how to go on.
    func findRecords(_ request: IndexRequest, _ page: RecordPageRequest) throws -> ([JSONValue], String?)
    func countRecords(_ schema: String, _ parts: [String]) throws -> Int
    /// - Returns: how many records the scan goes over, whatever its limit.
    func countScan(_ schema: String, _ parts: [String], _ page: RecordPageRequest) throws -> Int
    /// - Returns: the records of a page, and how to go on.
    func scanRecords(_ schema: String, _ parts: [String], _ page: RecordPageRequest) throws -> ([JSONValue], String?)

    func query(_ request: QueryRequest) throws -> ([JSONValue], String?)
    func countQuery(_ request: QueryRequest) throws -> Int
    /// - Returns: the different values at the request's path, or with `explains` how they were found.
    func distinctQuery(_ request: QueryRequest, _ path: String, explains: Bool) throws -> JSONValue
    /// - Returns: an array for each group: what its records have alike, and what was made of them; or with `explains`
    ///   how they were found.
    func groupQuery(
        _ request: QueryRequest, _ paths: [String], _ aggregates: [Aggregate], explains: Bool
    ) throws -> JSONValue
    func explainQuery(_ request: QueryRequest) throws -> JSONValue

    func indexList(_ schema: String) throws -> JSONValue
    func verifyIndexes(_ schema: String, _ names: [String]?) throws -> JSONValue
    /// - Returns: from how many records it was built.
    func rebuildIndex(_ schema: String, _ name: String) throws -> Int

    /// Makes a collection, unless it is there.
    func createCollection(_ collection: String) throws
    /// - Returns: the index's name.
    func indexDocuments(
        _ collection: String, _ keys: JSONObject, name: String?, unique: Bool, sparse: Bool
    ) throws -> String
    func dropDocumentIndex(_ collection: String, _ name: String) throws
    func replaceDocument(
        _ collection: String, _ filter: JSONObject, _ document: JSONObject, upsert: Bool, _ durability: Durability
    ) throws -> JSONValue
    func insertDocuments(
        _ collection: String, _ documents: [JSONObject], _ durability: Durability
    ) throws -> [JSONValue]
    func findDocuments(_ request: DocumentRequest) throws -> [JSONValue]
    func explainDocuments(_ request: DocumentRequest) throws -> JSONValue
    func countDocuments(_ collection: String, _ filter: JSONObject) throws -> Int
    func distinctValues(_ collection: String, _ path: String, _ filter: JSONObject) throws -> [JSONValue]
    func updateDocuments(
        _ collection: String, _ filter: JSONObject, _ update: JSONObject, many: Bool, upsert: Bool,
        _ durability: Durability
    ) throws -> JSONValue
    func deleteDocuments(
        _ collection: String, _ filter: JSONObject, many: Bool, _ durability: Durability
    ) throws -> Int
}

/// Which records of a scan.
package struct RecordPageRequest: Sendable {
    package var fields: [String]?
    package var limit: Int?
    /// The token of the page before.
    package var after: String?
    package var reverse = false
    /// What the part of the key behind the leading ones begins with, and its bounds.
    package var startingWith: String?
    package var from: String?
    package var to: String?
    /// Whether bounds of a part whose keys are not in the order of its values are a filter.
    package var filters = false
}

/// How many records are written at once.
package struct RecordLoading: Sendable {
    /// Whether a record takes the place of one that is there.
    package var replaces = true
    /// Whether nothing is written after the first record that is refused.
    package var stopsAtProblem = false
    package var isDryRun = false
    /// Whether members that the schema does not know become fields of their own.
    package var keepsUnknown = false
}

/// Which entries of an index.
package struct IndexRequest: Sendable {
    package let schema: String
    package let index: String
    /// The values of its leading parts, and bounds of the part behind them.
    package var values: [String] = []
    package var startingWith: String?
    package var from: String?
    package var to: String?
}

/// A question about the records of a schema.
package struct QueryRequest: Sendable {
    package let schema: String
    package var condition: String?
    package var filter: String?
    package var select: [String]?
    package var order: [Query.Order] = []
    package var limit: Int?
    package var skip = 0
    package var after: String?
}

/// A question about the documents of a collection.
package struct DocumentRequest: Sendable {
    package let collection: String
    package var filter = JSONObject()
    package var sort = JSONObject()
    package var projection = JSONObject()
    package var limit: Int?
    package var skip = 0
}
