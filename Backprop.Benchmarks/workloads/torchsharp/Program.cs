// A peer of compare.py: TorchSharp, what a .NET user would pick, trains one of the workloads on the CPU and prints one line of JSON.
// usage: run.sh digits|mlp|wide [--threads T] [--seconds S]
// Settings favour TorchSharp: float32, the batch is made once and used again, gradients are dropped and not filled with zeros, what a step
// makes is freed at its end, the first second is not counted, MKL takes the processor's best kernels (preload.c). The scripts that compare
// add settings of memory (measuring.py).
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using static TorchSharp.torch;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var threads = int.Parse(Option("--threads") ?? "1");
var seconds = double.Parse(Option("--seconds") ?? "5");

// Widths of the layers, batch, optimizer: the same as in peer_torch.py.
var (widths, batch, adamW) = args.FirstOrDefault() switch
{
    "digits" => (new long[] { 64, 128, 64, 10 }, 256, false),
    "mlp" => ([784, 512, 512, 10], 512, true),
    "wide" => ([1024, 4096, 4096, 10], 256, false),
    _ => throw new ArgumentException("usage: digits|mlp|wide [--threads T] [--seconds S]"),
};

set_num_threads(threads);
random.manual_seed(1);
var layers = new List<nn.Module<Tensor, Tensor>>();
for (var i = 0; i + 1 < widths.Length; i++)
{
    layers.Add(nn.Linear(widths[i], widths[i + 1]));
    if (i + 2 < widths.Length)
    {
        layers.Add(nn.ReLU());
    }
}

var model = nn.Sequential(layers);
optim.Optimizer optimizer = adamW ? optim.AdamW(model.parameters(), 1e-3) : optim.SGD(model.parameters(), 0.01, momentum: 0.9);
var (inputs, labels) = (randn(batch, widths[0]), randint(widths[^1], [batch], dtype: int64));
var criterion = nn.CrossEntropyLoss();

// The runtime compiles what a step calls anew while it runs, for the better part of the first second.
var (begin, warm) = (TimeProvider.System.GetTimestamp(), 0);
while (warm < 10 || TimeProvider.System.GetElapsedTime(begin).TotalSeconds < 1)
{
    Step();
    warm++;
}

var pace = Enumerable.Range(0, 3).Average(_ => Step());
var times = Enumerable.Range(0, Math.Max(10, (int)(seconds / pace))).Select(_ => Step()).ToArray();
var total = times.Sum();
Array.Sort(times);
Console.WriteLine(JsonSerializer.Serialize(new
{
    peer = $"TorchSharp {typeof(nn).Assembly.GetName().Version?.ToString(3)} on libtorch {__version__}",
    workload = args[0],
    workers = 1,
    threads,
    kernels = $"MKL's kernels for {Kernels()}",
    allocator = Environment.GetEnvironmentVariable("GLIBC_TUNABLES"),
    parameters = model.parameters().Sum(p => p.numel()),
    batch,
    steps = times.Length,
    stepMilliseconds = new { median = Milliseconds(times[times.Length / 2]), p95 = Milliseconds(times[(int)(times.Length * 0.95)]) },
    samplesPerSecond = Math.Round(batch * times.Length / total, 1),
    peakMemoryBytes = Process.GetCurrentProcess().PeakWorkingSet64,
}));

double Step()
{
    var start = TimeProvider.System.GetTimestamp();
    using (NewDisposeScope())
    {
        model.zero_grad(set_to_none: true);
        criterion.call(model.call(inputs), labels).backward();
        optimizer.step();
    }

    return TimeProvider.System.GetElapsedTime(start).TotalSeconds;
}

string? Option(string name) => Array.IndexOf(args, name) is > 0 and var at && at + 1 < args.Length ? args[at + 1] : null;

static double Milliseconds(double seconds) => Math.Round(seconds * 1e3, 4);

// What MKL goes by on this processor, in the numbers of its mkl.h.
static string Kernels() => MklBranch() switch { >= 12 => "AVX-512", 10 => "AVX2", 9 => "AVX", _ => "any processor" };

[DllImport("torch_cpu", EntryPoint = "mkl_serv_cbwr_get_auto_branch")]
static extern int MklBranch();
