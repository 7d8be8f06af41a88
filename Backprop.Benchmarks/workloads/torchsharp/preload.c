/* Loaded before TorchSharp's libraries, to give them two functions. Neither does any work that is measured. */

/* libLibTorchSharp.so names the start of iostreams as GLIBCXX_3.4.32 has it, which Debian 12's libstdc++ does not have: there it starts
   them by itself, and nothing is left to do. */
void start_streams(void) __asm__("_ZSt21ios_base_library_initv");
void start_streams(void)
{
}

/* MKL asks this function, and takes kernels of half the speed and less where the processor is not Intel's. What the processor can do it
   asks the processor itself, so that the same answer everywhere favours the peer and breaks nothing. */
int mkl_serv_intel_cpu_true(void)
{
    return 1;
}
