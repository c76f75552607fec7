"""The commands that are compared, by family, in the grammar of grammar.py.

A form that begins with ``?`` has a random reply, which is held against what the key held; one with ``~`` is called until its
cursor is 0; after one with ``!`` the servers are given the time that its key has left. `` & `` joins commands that one
client sends at once.
"""

STRINGS = """
4*SET skey value {NX|XX; GET; EX ttl|PX pttl|EXAT at|PXAT pat|KEEPTTL}
3*SET skey value
2*SET skey numeric
3*GET skey
SETNX skey value
SETEX skey ttl value
PSETEX skey pttl value
GETEX skey [<EX ttl|PX pttl|EXAT at|PXAT pat|PERSIST>]
GETDEL skey
GETSET skey value
MGET key+
MGET skey+
MSET (skey value)+
MSET skey value
MSETNX (skey value)+
2*APPEND skey value
STRLEN skey
2*INCR skey
DECR skey
2*INCRBY skey int
DECRBY skey int
3*INCRBYFLOAT skey float
2*GETRANGE skey index index
SUBSTR skey index index
2*SETRANGE skey offset value
!PSETEX skey 1 value
!SET skey value PX 1
!GETEX skey PX 1
2*LCS skey skey {LEN; IDX; MINMATCHLEN int; WITHMATCHLEN}
"""

BITS = """
3*SET skey bytes
4*SETBIT skey bitoffset bit
2*GETBIT skey bitoffset
3*BITCOUNT skey [index index [<BYTE|BIT>]]
4*BITPOS skey bit [index [index [<BYTE|BIT>]]]
3*BITOP <AND|OR|XOR> skey skey+
BITOP NOT skey skey
BITOP <NOT|and|NAND> skey skey+
5*BITFIELD skey {GET bittype bitplace; SET bittype bitplace bitvalue; INCRBY bittype bitplace bitvalue; OVERFLOW <WRAP|SAT|FAIL|sat|x>; GET bittype bitplace}
2*BITFIELD skey [OVERFLOW <WRAP|SAT|FAIL>] INCRBY bittype bitplace bitvalue SET bittype bitplace bitvalue
BITFIELD_RO skey {GET bittype bitplace; GET bittype bitplace; SET bittype bitplace bitvalue}
STRLEN skey
APPEND skey bytes
GET skey
"""

FILL = """
SET skey value
RPUSH lkey value+
HSET hkey (member value)+
SADD tkey member+
ZADD zkey (score member)+
"""

KEYS = FILL + """
2*DEL key+
UNLINK key+
2*EXISTS key+
2*TYPE key
TOUCH key+
4*EXPIRE key ttl [<NX|XX|GT|LT>]
EXPIRE key ttl {NX; XX; GT; LT; bogus}
2*PEXPIRE key pttl [<NX|XX|GT|LT>]
2*EXPIREAT key at [<NX|XX|GT|LT>]
PEXPIREAT key pat [<NX|XX|GT|LT>]
3*TTL key
2*PTTL key
2*EXPIRETIME key
PEXPIRETIME key
2*PERSIST key
3*RENAME key key
2*RENAMENX key key
3*COPY key key {DB db; REPLACE}
2*MOVE key db
2*KEYS pattern
RANDOMKEY
2*DBSIZE
SELECT db
SELECT 0
SWAPDB db db
FLUSHDB [<ASYNC|SYNC>]
FLUSHALL [<ASYNC|SYNC|bogus>]
OBJECT <ENCODING|FREQ|IDLETIME|REFCOUNT|encoding|bogus> key
SETEX skey ttl value
SCAN cursor
2*!PEXPIRE key 1
!SETEX skey -1 value
3*~SCAN {MATCH pattern; COUNT scancount; TYPE typename}
"""

SORT = FILL + """
2*RPUSH lkey numeric numeric numeric numeric
SADD tkey numeric numeric numeric
ZADD zkey score numeric score numeric
2*MSET n1 numeric n2 numeric n3 numeric s1 numeric s2 value w_1 numeric w_2 numeric
2*HSET h1 f1 numeric f2 numeric f3 numeric
6*SORT <lkey|tkey|zkey> {BY by; LIMIT index index; GET get; GET get; ASC|DESC; ALPHA}
2*SORT lkey {LIMIT int int; ASC|DESC; ALPHA} STORE key
SORT <lkey|tkey|zkey> {BY n*; GET get; ASC|DESC; STORE key}
2*SORT_RO <lkey|tkey|zkey> {BY by; LIMIT index index; GET get; ASC|DESC; ALPHA; STORE key}
"""

LISTS = """
4*RPUSH lkey value+
4*LPUSH lkey value+
LPUSHX lkey value+
RPUSHX lkey value+
!PEXPIRE lkey 1
2*LPOP lkey [count]
2*RPOP lkey [count]
LLEN lkey
3*LRANGE lkey index index
3*LINDEX lkey index
3*LSET lkey index value
4*LINSERT lkey <BEFORE|AFTER|before|bogus> value value
3*LREM lkey int value
2*LTRIM lkey index index
4*LPOS lkey value {RANK int; COUNT int; MAXLEN int}
3*LMOVE lkey lkey <LEFT|RIGHT|left> <LEFT|RIGHT|bogus>
2*RPOPLPUSH lkey lkey
3*LMPOP numkeys:lkey <LEFT|RIGHT|left> [COUNT count]
BLPOP lkey+ wait
BRPOP lkey+ wait
BLMOVE lkey lkey <LEFT|RIGHT> <LEFT|RIGHT> wait
BRPOPLPUSH lkey lkey wait
BLMPOP wait numkeys:lkey <LEFT|RIGHT> [COUNT count]
"""

HASHES = """
5*HSET hkey (member value)+
HMSET hkey (member value)+
HSET hkey member numeric member numeric
!PEXPIRE hkey 1
2*HSETNX hkey member value
3*HGET hkey member
2*HMGET hkey member+
2*HGETALL hkey
HKEYS hkey
HVALS hkey
HLEN hkey
3*HDEL hkey member+
HEXISTS hkey member
HSTRLEN hkey member
3*HINCRBY hkey member bitvalue
3*HINCRBYFLOAT hkey member float
3*?HRANDFIELD hkey [count [WITHVALUES]]
2*~HSCAN hkey {MATCH pattern; COUNT scancount}
HSCAN hkey cursor
"""

SETS = """
5*SADD tkey member+
SADD tkey int int
2*SREM tkey member+
2*SMEMBERS tkey
2*SISMEMBER tkey member
2*SMISMEMBER tkey member+
!PEXPIRE tkey 1
SCARD tkey
3*?SPOP tkey [count]
3*?SRANDMEMBER tkey [count]
2*SMOVE tkey tkey member
2*SINTER tkey+
2*SUNION tkey+
2*SDIFF tkey+
2*SINTERSTORE tkey tkey+
2*SUNIONSTORE tkey tkey+
2*SDIFFSTORE tkey tkey+
3*SINTERCARD numkeys:tkey [LIMIT count]
2*~SSCAN tkey {MATCH pattern; COUNT scancount}
SSCAN tkey cursor
"""

SORTED_SETS = """
5*ZADD zkey (score member)+
4*ZADD xkey (0 member)+
5*ZADD zkey {NX|XX; GT|LT; CH; INCR} score member
2*ZADD zkey {NX|XX|GT|LT; CH} (score member)+
2*ZINCRBY zkey score member
2*ZSCORE zkey member
ZMSCORE zkey member+
!PEXPIRE zkey 1
ZCARD zkey
2*ZCOUNT zkey scorebound scorebound
2*ZLEXCOUNT xkey lexbound lexbound
2*ZRANK zkey member
2*ZREVRANK zkey member
3*ZRANGE zkey index index {REV; WITHSCORES}
3*ZRANGE zkey scorebound scorebound BYSCORE {REV; LIMIT index index; WITHSCORES}
2*ZRANGE xkey lexbound lexbound BYLEX {REV; LIMIT index index}
ZRANGE xkey <index index|scorebound scorebound|lexbound lexbound> {BYSCORE|BYLEX; REV; LIMIT index index; WITHSCORES}
3*ZRANGESTORE zkey zkey <index index|scorebound scorebound BYSCORE> {REV; LIMIT index index}
ZRANGESTORE xkey xkey lexbound lexbound BYLEX {REV; LIMIT index index}
ZREVRANGE zkey index index [WITHSCORES]
2*ZRANGEBYSCORE zkey scorebound scorebound {WITHSCORES; LIMIT index index}
2*ZREVRANGEBYSCORE zkey scorebound scorebound {WITHSCORES; LIMIT index index}
2*ZRANGEBYLEX xkey lexbound lexbound [LIMIT index index]
2*ZREVRANGEBYLEX xkey lexbound lexbound [LIMIT index index]
ZREM zkey member+
ZREMRANGEBYRANK zkey index index
ZREMRANGEBYSCORE zkey scorebound scorebound
ZREMRANGEBYLEX xkey lexbound lexbound
2*ZPOPMIN zkey [count]
2*ZPOPMAX zkey [count]
2*ZMPOP numkeys:zkey <MIN|MAX|min> [COUNT count]
BZPOPMIN zkey+ wait
BZPOPMAX zkey+ wait
BZMPOP wait numkeys:zkey <MIN|MAX> [COUNT count]
2*ZUNION numkeys:tzkey {WEIGHTS weight+; AGGREGATE <SUM|MIN|MAX|sum|AVG>; WITHSCORES}
2*ZINTER numkeys:tzkey {WEIGHTS weight weight; AGGREGATE <SUM|MIN|MAX>; WITHSCORES}
2*ZDIFF numkeys:tzkey [WITHSCORES]
2*ZUNIONSTORE zkey numkeys:tzkey {WEIGHTS weight weight; AGGREGATE <SUM|MIN|MAX>}
2*ZINTERSTORE zkey numkeys:tzkey {WEIGHTS weight weight; AGGREGATE <SUM|MIN|MAX>}
2*ZDIFFSTORE zkey numkeys:tzkey
2*ZINTERCARD numkeys:tzkey [LIMIT count]
2*?ZRANDMEMBER zkey [count [WITHSCORES]]
2*~ZSCAN zkey {MATCH pattern; COUNT scancount}
ZSCAN zkey cursor
SADD tkey member+
"""

# The same on collections that are too large for one value.
MANY = """
30*RPUSH lkey many
10*LPUSH lkey longvalue longvalue
30*HSET hkey manypairs
10*HSET hkey member longvalue
30*SADD tkey many
30*ZADD zkey manypairs
10*ZADD xkey 0 a 0 b 0 c 0 aa 0 ab 0 world 0 d
10*SREM tkey many
10*ZREM zkey many
10*HDEL hkey many
5*COPY key key REPLACE
5*RENAME key key
5*DEL key
5*EXPIRE key 1000
5*OBJECT ENCODING key
"""

SERVER = """
2*PING [value]
2*ECHO value
SELECT db
DBSIZE
TIME
LASTSAVE
WAIT <0|1|-1|abc> <1|10|-1|abc>
RESET
2*HELLO [<2|3|4|abc> {SETNAME name; AUTH name value; AUTH default value}]
3*CLIENT SETNAME name
3*CLIENT GETNAME
CLIENT <ID|INFO|id|BOGUS>
CLIENT LIST <TYPE <normal|master|pubsub|bogus>|ID int|BOGUS>
CLIENT NO-EVICT <ON|OFF|maybe>
CLIENT TRACKING <OFF|maybe>
CLIENT UNBLOCK int [<TIMEOUT|ERROR|bogus>]
CLIENT KILL <ID 999999|TYPE bogus|ADDR x|127.0.0.1:1|ID abc>
CLIENT UNPAUSE
CLIENT REPLY <ON|bogus>
2*COMMAND INFO (<GET|SET|MSET|ZADD|SORT|EVAL|XADD|LMPOP|nothing>)+
COMMAND COUNT [extra]
2*COMMAND GETKEYS <GET skey|MSET skey value skey value|ZUNIONSTORE zkey 2 zkey zkey|SORT lkey STORE lkey|LMPOP 1 lkey LEFT|PING|nothing|SET skey>
2*CONFIG GET <maxclients|timeout|databases|proto-max-bulk-len|slowlog-*|notify-keyspace-events|nothing|maxmemory>
CONFIG SET <timeout|slowlog-max-len|slowlog-log-slower-than|nothing> <0|128|abc|-5>
CONFIG <RESETSTAT|BOGUS>
SLOWLOG <LEN|RESET|BOGUS|GET 0|GET abc>
ACL <WHOAMI|USERS|CAT nothing|GETUSER nobody|DELUSER nobody|DELUSER default|BOGUS|GENPASS 0|GENPASS abc>
ACL SETUSER name <on|off|nopass|+@all|~*|+bogus|bogus|+@bogus>
ACL SETUSER bob {on|off; nopass|resetpass; +get|+@read|-@all|+@all; ~*|~s*|resetkeys|allkeys; allchannels|&ch*|resetchannels}
ACL GETUSER bob
ACL LIST
ACL DRYRUN bob GET s1
AUTH <name value|value|default value>
LATENCY <RESET|LATEST|HISTORY nothing|BOGUS>
MEMORY USAGE skey [SAMPLES int]
OBJECT FREQ skey
PUBSUB <CHANNELS|NUMPAT|NUMSUB ch1|SHARDCHANNELS|BOGUS>
INFO [<server|clients|memory|stats|keyspace|commandstats|everything|nothing>]
SAVE
MONITOR extra
CLIENT PAUSE <abc|-1|0> [<ALL|WRITE|bogus>]
CLIENT GETREDIR
CLIENT TRACKINGINFO
CONFIG <GET|SET timeout|SET timeout 1 timeout 2|RESETSTAT extra>
PUBLISH channel value
NOSUCHCOMMAND skey+
GETT
UNWATCH
DISCARD
EXEC
SET skey value
GET skey
"""

TRANSACTIONS = """
3*MULTI
5*EXEC
DISCARD
3*WATCH key+
UNWATCH
SELECT <0|1>
2*SET skey value
GET skey
INCR skey
2*DEL key+
RPUSH lkey value+
LPOP lkey [count]
BLPOP lkey+ wait
BLMOVE lkey lkey LEFT RIGHT wait
HSET hkey (member value)+
SADD tkey member+
SMEMBERS tkey
ZADD zkey (score member)+
ZRANGE zkey 0 -1 WITHSCORES
EXPIRE key ttl
RENAME key key
FLUSHDB
SWAPDB 0 1
WATCH
GETT nothing
SET skey
PING
ECHO value
TTL key
SUBSCRIBE
"""

BLOCKING = """
4*BLPOP lkey+ <0|0.05>
2*BRPOP lkey+ <0|0.05>
3*BLMOVE lkey lkey <LEFT|RIGHT> <LEFT|RIGHT> <0|0.05>
2*BRPOPLPUSH lkey lkey <0|0.05>
3*BLMPOP <0|0.05> numkeys:lkey <LEFT|RIGHT> [COUNT positive]
3*BZPOPMIN zkey+ <0|0.05>
2*BZPOPMAX zkey+ <0|0.05>
3*BZMPOP <0|0.05> numkeys:zkey <MIN|MAX> [COUNT positive]
6*RPUSH lkey value+
4*LPUSH lkey value+
5*ZADD zkey (score member)+
SET lkey value
DEL lkey zkey
DEL lkey
RENAME lkey lkey
COPY lkey lkey
LMOVE lkey lkey LEFT RIGHT
RPOPLPUSH lkey lkey
SORT lkey ALPHA STORE lkey
ZUNIONSTORE zkey 2 zkey zkey
ZRANGESTORE zkey zkey 0 -1
MOVE lkey 1
SWAPDB 0 1
LRANGE lkey 0 -1
LINSERT lkey BEFORE value value
LPUSHX lkey value
FLUSHALL
2*MULTI & RPUSH lkey value+ & LPUSH lkey value & ZADD zkey score member & EXEC
MULTI & RPUSH lkey value & LPOP lkey & EXEC
MULTI & RPUSH lkey value & DEL lkey & RPUSH lkey value & EXEC
MULTI & BLPOP lkey 0 & RPUSH lkey value & BLPOP lkey 0 & EXEC
"""

PUBSUB = """
4*SUBSCRIBE channel+
3*PSUBSCRIBE chpattern+
2*UNSUBSCRIBE [channel+]
2*PUNSUBSCRIBE [chpattern+]
6*PUBLISH channel value
PUBSUB CHANNELS [chpattern]
PUBSUB NUMSUB channel+
PUBSUB NUMPAT
PING value
PING
GET skey
SET skey value
MULTI & PUBLISH channel value & PUBLISH channel value & EXEC
PUBLISH channel
RESET
"""

NOTIFICATIONS = FILL + """
8*PSUBSCRIBE <__key*|__keyspace@0__:*|__keyevent@0__:*>
SET skey value
SETEX skey 100 value
DEL key+
EXPIRE key <100|-1>
PERSIST key
RENAME key key
COPY key key
MOVE key 1
INCR skey
INCRBYFLOAT skey 1.5
APPEND skey value
SETRANGE skey offset value
SETBIT skey 7 1
GETDEL skey
GETEX skey <PERSIST|EX 100>
GETSET skey value
MSET skey value skey value
BITOP OR skey skey skey
LPUSH lkey value
LPOP lkey [2]
RPOP lkey
LSET lkey 0 value
LREM lkey 0 value
LTRIM lkey 1 2
LINSERT lkey BEFORE value value
LMOVE lkey lkey LEFT RIGHT
LMPOP 2 lkey lkey LEFT COUNT 2
SORT lkey ALPHA STORE lkey
HDEL hkey member+
HSETNX hkey member value
HINCRBY hkey member 1
HINCRBYFLOAT hkey member 1.5
SREM tkey member+
SMOVE tkey tkey member
SINTERSTORE tkey tkey+
SUNIONSTORE tkey tkey+
SDIFFSTORE tkey tkey+
ZREM zkey member+
ZINCRBY zkey 1 member
ZADD zkey XX INCR 1 member
ZPOPMIN zkey [2]
ZMPOP 2 zkey zkey MAX COUNT 2
ZREMRANGEBYRANK zkey 0 0
ZREMRANGEBYSCORE zkey 1 2
ZRANGESTORE zkey zkey 0 -1
ZUNIONSTORE zkey 2 zkey tkey
ZDIFFSTORE zkey 2 zkey zkey
MULTI & SET skey value & RPUSH lkey value & EXEC
"""

FAMILIES = {
    "strings": STRINGS,
    "bits": BITS,
    "keys": KEYS,
    "sort": SORT,
    "lists": LISTS,
    "hashes": HASHES,
    "sets": SETS,
    "sortedsets": SORTED_SETS,
    "server": SERVER,
    "transactions": TRANSACTIONS,
    "blocking": BLOCKING,
    "pubsub": PUBSUB,
    "notifications": NOTIFICATIONS,
    "many": MANY + LISTS + HASHES + SETS + SORTED_SETS,
    "mixed": STRINGS + BITS + KEYS + SORT + LISTS + HASHES + SETS + SORTED_SETS,
}

# Families whose commands go over several connections, each waiting for what the one before it does to the others.
SEVERAL_CLIENTS = {"transactions", "blocking", "pubsub", "notifications"}
# Of those, the ones whose connections may get what no command of theirs asked for, or wait.
ASYNCHRONOUS = {"blocking", "pubsub", "notifications"}
