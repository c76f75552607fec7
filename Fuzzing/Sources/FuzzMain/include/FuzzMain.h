// SwiftPM has the linker take the program's beginning from this name, where libFuzzer has its own.
int Fuzz_main(int count, char **words);
