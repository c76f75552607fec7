internal import Commands
internal import Logging
internal import OrderedStore
internal import UnixSignals

extension Server {
    /// Serves until the process is told to end by SIGTERM or SIGINT, or a client says `SHUTDOWN`; then ends as
    /// ``stop(within:)`` does.
    ///
    /// - Parameters:
    ///   - sync: brings what was written to the disk; called each second where the settings say so.
    ///   - hurry: ends the process at once; called when a second signal comes.
    /// - Throws: ``ServerError`` when it cannot start.
    package func run(sync: @escaping @Sendable () throws -> Void, hurry: @escaping @Sendable () -> Void) async throws {
        let logger = state.logger
        let engine = state.engine
        let settings = engine.settings
        let (ends, continuation) = AsyncStream.makeStream(of: String.self)
        engine.whenAskedToStop { continuation.yield("SHUTDOWN") }
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let listening = Task {
            for await signal in signals { continuation.yield("\(signal)") }
        }
        defer { listening.cancel() }
        for place in try await start() { logger.notice("listening", metadata: ["place": "\(place)"]) }
        ServiceManager.notify("READY=1")
        let syncing = settings.text(.durability) == "everysec" ? Task { await keepSynced(sync) } : nil
        var endings = ends.makeAsyncIterator()
        let reason = await endings.next() ?? ""
        logger.notice("stopping", metadata: ["reason": "\(reason)"])
        ServiceManager.notify("STOPPING=1")
        let waiting = Task {
            for await signal in ends {
                logger.warning("stopping at once", metadata: ["reason": "\(signal)"])
                hurry()
            }
        }
        await stop(within: settings.integer(.shutdownTimeout))
        syncing?.cancel()
        waiting.cancel()
    }

    /// Calls `sync` each second.
    private func keepSynced(_ sync: @escaping @Sendable () throws -> Void) async {
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            let logger = state.logger
            state.onWorker {
                do { try sync() } catch let error as StoreError where error.code == .writesRefused {
                    // Said once, when it began.
                } catch { logger.error("cannot sync", metadata: ["reason": "\(error)"]) }
            }
        }
    }
}
