package import OrderedStore
package import Structures

extension Database {
    /// Runs `body` over the keys of all kinds, as they are at one moment.
    package func readKeys<Result>(_ body: (StructureKeys) throws -> Result) throws -> Result {
        try StructureKeys.read(keyspace, structures, body)
    }

    /// Runs `body` over the keys of all kinds, and commits what it does to them.
    package func writeKeys<Result>(
        durability: Durability = .buffered, _ body: (StructureKeys) throws -> Result
    ) throws -> Result {
        try structures.enable(in: keyspace)
        return try StructureKeys.change(keyspace, structures, durability: durability, body)
    }
}
