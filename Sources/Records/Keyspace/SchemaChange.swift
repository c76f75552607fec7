/// What applying a schema did.
public struct SchemaChange: Hashable, Sendable {
    /// What became of the catalogue.
    public enum Outcome: Hashable, Sendable {
        /// There was no schema of that name.
        case created
        /// The same schema is there already.
        case unchanged
        /// It took the place of this version.
        case updated(from: Int)
        /// It took the place of this version, and so many records were written anew. Until that is committed it can
        /// be rolled back.
        case migrated(from: Int, records: Int)
    }

    public let outcome: Outcome
    /// How the new version differs from the old one.
    public let differences: [SchemaDifference]
    /// The indexes that cannot be read before they are built, because there are records.
    public var indexesToBuild: [String] = []
}

/// What applying a schema would do.
public struct SchemaPlan: Hashable, Sendable {
    /// The version that is there; `nil` when there is none.
    public let oldVersion: Int?
    /// How the new version differs from it.
    public let differences: [SchemaDifference]
    /// How many records there are. None are counted where nothing is asked of them.
    public var records = 0
    /// Whether they would be written anew.
    public var rewrites = false
    /// The indexes that would be built.
    public var indexesToBuild: [String] = []
    /// How many things are in the way: records and keys that do not fit, changes that are refused.
    public var obstacleCount = 0
    /// The first of them, ``mostObstacles`` at most.
    public var obstacles: [RecordError] = []

    /// How many obstacles are named.
    public static var mostObstacles: Int { 10 }

    init(oldVersion: Int?, differences: [SchemaDifference]) {
        self.oldVersion = oldVersion
        self.differences = differences
    }

    mutating func add(_ obstacle: RecordError) {
        obstacleCount += 1
        if obstacles.count < SchemaPlan.mostObstacles { obstacles.append(obstacle) }
    }

    /// The error for a change that has something in its way: the first obstacle, how many more, and where.
    var refusal: RecordError? {
        guard var error = obstacles.first else { return nil }
        if error.code == .schemaConflict || error.code == .migrating { return error }
        error.code = .schemaConflict
        error.message = "something there does not fit: \(error.message)"
        let others = obstacles.dropFirst().compactMap(\.key)
        if obstacleCount > 1 {
            error.message += "; \(obstacleCount) do not fit"
            if !others.isEmpty { error.message += ", after this one \(others.joined(separator: " "))" }
            if obstacleCount > others.count + 1 { error.message += " …" }
        }
        return error
    }
}
