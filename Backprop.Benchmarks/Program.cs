using Backprop.Benchmarks;

return args switch
{
    ["product", .. var rest] => ProductBenchmark.Run(rest),
    ["peak"] => PeakBenchmark.Run(),
    ["sessions", .. var rest] => SessionsBenchmark.Run(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: product [M N K [SHARDS]]   the matrix product beside OpenBLAS, one thread, in one run");
    Console.Error.WriteLine("       peak                       what one core's fused multiply-adds and memory can do");
    Console.Error.WriteLine("       sessions [--simulated] [--count N]   what workers' sessions cost a coordinator");
    Console.Error.WriteLine("The comparison of whole steps with PyTorch and TorchSharp: workloads/compare.py");
    return 2;
}
