// LevelDB's C interface, as installed with the library (libleveldb-dev, or brew's leveldb).
#include <leveldb/c.h>
