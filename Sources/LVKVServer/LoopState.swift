internal import Commands
internal import NIOCore

/// A connection that its event loop looks after.
protocol ServedConnection: AnyObject {
    /// Closes the connection when one of its times is up. Called each second.
    func check()
    /// The server stops: ends the connection unless a request still runs.
    func drain()
}

/// What the connections of one event loop share: the turn in which their requests are run, and a clock that ticks each
/// second. Touched on its event loop only.
final class LoopState: @unchecked Sendable {
    let eventLoop: any EventLoop
    let turn: Turn
    var connections: [ObjectIdentifier: any ServedConnection] = [:]
    /// Seconds since the start.
    private(set) var tick = 0
    private var ticking: RepeatedTask?
    /// Connections with output that was written and not sent.
    private var unsent: [Connection] = []

    init(_ eventLoop: any EventLoop, _ engine: Engine) {
        self.eventLoop = eventLoop
        turn = Turn(engine, eventLoop)
    }

    /// Starts the clock.
    func start() {
        let second = TimeAmount.seconds(1)
        ticking = eventLoop.scheduleRepeatedTask(initialDelay: second, delay: second) { _ in
            self.tick += 1
            for connection in self.connections.values { connection.check() }
        }
    }

    /// Stops the clock.
    func stop() { ticking?.cancel() }

    /// Sends a connection's output at the end of this turn of the loop.
    func flushLater(_ connection: Connection) {
        unsent.append(connection)
        guard unsent.count == 1 else { return }
        eventLoop.execute {
            let connections = self.unsent
            self.unsent = []
            for connection in connections { connection.context?.flush() }
        }
    }
}
