// What every engine promises, checked.

import OrderedStore

// snippet.first
import StoreConformance

try checkConformance("memory") { MemoryStore() }
// snippet.end
