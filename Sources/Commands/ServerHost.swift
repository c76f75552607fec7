package import OrderedStore

/// What only the process around an engine knows and can do, for the commands about the server. Safe from any thread.
package protocol ServerHost: AnyObject, Sendable {
    /// The lines that an `INFO` section has from the process: its names are `server`, `clients`, `memory`,
    /// `persistence`, `stats`, `cpu`. They come before the engine's own; where both have a name, this one stands.
    func information(_ section: InfoSection) -> [(name: String, value: String)]

    /// Writes a whole and consistent copy of the database below the backup directory. Takes as long as it takes.
    ///
    /// - Parameter name: the copy's, one part of a path; `nil` for one made of the time.
    /// - Throws: ``CommandError``; `StoreError`.
    func backUp(as name: String?) throws

    /// - Throws: ``CommandError`` when a backup cannot have that name.
    func checkBackupName(_ name: String?) throws

    /// Runs `body` on a thread that may take its time.
    func inBackground(_ body: @escaping @Sendable () -> Void)

    /// Compacts the store's files in a range of keys; all when it is `nil`.
    func compact(_ range: KeyRange?) throws

    /// Names and values of the store's own statistics.
    func storeStatistics() throws -> [(name: String, value: String)]

    /// Where the users are kept, if in a file: its text.
    ///
    /// - Throws: ``CommandError`` when there is no such file.
    func loadUsers() throws -> String
    func saveUsers(_ text: String) throws
}

/// A section of `INFO`.
package enum InfoSection: String, CaseIterable, Sendable {
    case server, clients, memory, persistence, stats, replication, cpu, modules, errorstats, commandstats
    case latencystats, cluster, keyspace
}
