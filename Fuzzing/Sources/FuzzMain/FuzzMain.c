#include "FuzzMain.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerRunDriver(int *, char ***, int (*)(const uint8_t *, size_t));
int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int Fuzz_main(int count, char **words) { return LLVMFuzzerRunDriver(&count, &words, LLVMFuzzerTestOneInput); }
