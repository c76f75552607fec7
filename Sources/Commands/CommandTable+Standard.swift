extension CommandTable {
    /// Every command there is.
    package static let standard = CommandTable(
        StringCommands.all + ConnectionCommands.all + ClientCommands.all + TransactionCommands.all)
}
