public import LevelDB
public import Records

extension Database {
    /// The documents of the collection called `name`, which is made with the first write.
    ///
    /// - Parameter name: 1 to 64 letters, digits, `_` and `-`, beginning with a letter or `_`.
    /// - Throws: `RecordError`: `malformedSchema` for another name, `typeMismatch` when a schema of that name is no
    ///   collection's.
    public func documents(_ name: String) throws(RecordError) -> Documents<LevelDBStore> {
        try keyspace.documents(name)
    }
}
