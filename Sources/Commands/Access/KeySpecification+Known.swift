extension KeySpecification {
    /// As `COMMAND INFO` of Redis 7.0 has them, by the commands' full names.
    static let known: [String: [KeySpecification]] = {
        var known: [String: [KeySpecification]] = [:]
        for (names, specifications) in list {
            for name in names.split(separator: " ") { known[String(name)] = specifications }
        }
        return known
    }()

    private static let list: [(names: String, specifications: [KeySpecification])] = [
        (
            "append hsetnx linsert lpush lpushx rpush rpushx sadd",
            [KeySpecification("RW insert", 1)]
        ),
        (
            "decr decrby getset hincrby hincrbyfloat incr incrby incrbyfloat move setbit zincrby",
            [KeySpecification("RW access update", 1)]
        ),
        (
            "getdel lpop rpop spop zpopmax zpopmin",
            [KeySpecification("RW access delete", 1)]
        ),
        (
            "hdel lrem ltrim srem zrem zremrangebylex zremrangebyrank zremrangebyscore",
            [KeySpecification("RW delete", 1)]
        ),
        (
            "bitcount bitfield_ro bitpos expiretime get getbit getrange hget hgetall hkeys hmget "
                + "hrandfield hscan hvals lindex lpos lrange pexpiretime pttl smembers smismember srandmember "
                + "sscan substr ttl zcount zlexcount zmscore zrandmember zrange zrangebylex zrangebyscore "
                + "zrank zrevrange zrevrangebylex zrevrangebyscore zrevrank zscan zscore",
            [KeySpecification("RO access", 1)]
        ),
        (
            "zrangestore",
            [
                KeySpecification("OW update", 1),
                KeySpecification("RO access", 2),
            ]
        ),
        (
            "expire expireat hmset hset lset persist pexpire pexpireat setrange zadd",
            [KeySpecification("RW update", 1)]
        ),
        (
            "blmpop bzmpop",
            [KeySpecification("RW access delete", 2, .count)]
        ),
        (
            "copy",
            [
                KeySpecification("RO access", 1),
                KeySpecification("OW update", 2),
            ]
        ),
        (
            "hexists hlen hstrlen llen scard sismember strlen type zcard",
            [KeySpecification("RO", 1)]
        ),
        (
            "lmpop zmpop",
            [KeySpecification("RW access delete", 1, .count)]
        ),
        (
            "ssubscribe sunsubscribe",
            [KeySpecification("not_key", 1, .range(last: -1, step: 1))]
        ),
        (
            "blpop brpop bzpopmax bzpopmin",
            [KeySpecification("RW access delete", 1, .range(last: -2, step: 1))]
        ),
        (
            "sintercard zdiff zinter zintercard zunion",
            [KeySpecification("RO access", 1, .count)]
        ),
        (
            "lcs",
            [KeySpecification("RO access", 1, .range(last: 1, step: 1))]
        ),
        (
            "sdiffstore sunionstore",
            [
                KeySpecification("OW update", 1),
                KeySpecification("RO access", 2, .range(last: -1, step: 1)),
            ]
        ),
        (
            "bitfield",
            [
                KeySpecification(
                    "RW access update variable_flags", 1,
                    note: "This command allows both access and modification of the key")
            ]
        ),
        (
            "blmove brpoplpush lmove rpoplpush smove",
            [
                KeySpecification("RW access delete", 1),
                KeySpecification("RW insert", 2),
            ]
        ),
        (
            "zdiffstore zinterstore zunionstore",
            [
                KeySpecification("OW update", 1),
                KeySpecification("RO access", 2, .count),
            ]
        ),
        (
            "del unlink",
            [KeySpecification("RM delete", 1, .range(last: -1, step: 1))]
        ),
        (
            "bitop",
            [
                KeySpecification("OW update", 2),
                KeySpecification("RO access", 3, .range(last: -1, step: 1)),
            ]
        ),
        (
            "memory|usage object|encoding object|freq object|idletime object|refcount",
            [KeySpecification("RO", 2)]
        ),
        (
            "spublish",
            [KeySpecification("not_key", 1)]
        ),
        (
            "msetnx",
            [KeySpecification("OW insert", 1, .range(last: -1, step: 2))]
        ),
        (
            "renamenx",
            [
                KeySpecification("RW access delete", 1),
                KeySpecification("OW insert", 2),
            ]
        ),
        (
            "psetex setex",
            [KeySpecification("OW update", 1)]
        ),
        (
            "mget sdiff sinter sunion",
            [KeySpecification("RO access", 1, .range(last: -1, step: 1))]
        ),
        (
            "set",
            [
                KeySpecification(
                    "RW access update variable_flags", 1, note: "RW and ACCESS due to the optional `GET` argument")
            ]
        ),
        (
            "exists touch watch",
            [KeySpecification("RO", 1, .range(last: -1, step: 1))]
        ),
        (
            "rename",
            [
                KeySpecification("RW access delete", 1),
                KeySpecification("OW update", 2),
            ]
        ),
        (
            "sinterstore",
            [
                KeySpecification("RW update", 1),
                KeySpecification("RO access", 2, .range(last: -1, step: 1)),
            ]
        ),
        (
            "setnx",
            [KeySpecification("OW insert", 1)]
        ),
        (
            "getex",
            [KeySpecification("RW access update", 1, note: "RW and UPDATE because it changes the TTL")]
        ),
        (
            "mset",
            [KeySpecification("OW update", 1, .range(last: -1, step: 2))]
        ),
        (
            "sort",
            [
                KeySpecification("RO access", 1),
                KeySpecification(
                    "RO access", nil, .unknown,
                    note: "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from "
                        + "the content of the key we sort"),
                KeySpecification(
                    "OW update", nil, .unknown,
                    note: "For the optional STORE keyword. It is marked 'unknown' because the keyword can appear "
                        + "anywhere in the argument array"),
            ]
        ),
        (
            "sort_ro",
            [
                KeySpecification("RO access", 1),
                KeySpecification(
                    "RO access", nil, .unknown,
                    note: "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from "
                        + "the content of the key we sort"),
            ]
        ),
    ]
}
