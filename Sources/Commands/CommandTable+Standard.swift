extension CommandTable {
    /// Every command there is.
    package static let standard = CommandTable(
        [
            StringCommands.all,
            StringEditCommands.all,
            BitCommands.all,
            KeyCommands.all,
            ExpiryCommands.all,
            ScanCommands.all,
            ObjectCommands.all,
            SortCommands.all,
            DatabaseCommands.all,
            ListCommands.all,
            HashCommands.all,
            SetCommands.all,
            SortedSetCommands.all,
            ConnectionCommands.all,
            ClientCommands.all,
            TransactionCommands.all,
            PubSubCommands.all,
            DiagnosticCommands.all,
            LatencyCommands.all,
            ConfigCommands.all,
            CommandCommand.all,
            AccessCommands.all,
            InfoCommand.all,
            ServerCommands.all,
            KeyRangeCommands.all,
            RecordCommands.all,
            QueryCommands.all,
            StoreCommands.all,
        ].flatMap(\.self))
}
