using System.Text.Json;
using Backprop.Shared.Layers;
using Backprop.Shared.Losses;
using Backprop.Shared.Optimizers;
using Backprop.Shared.Primitives;
using Backprop.Shared.Schedules;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Parity;

/// <summary>
/// The same first weights and the same batches give the same losses in PyTorch: the values it printed once (recorded.json, made by
/// twenty_steps.py), and, where Debian's python3-torch is installed, those it prints now.
/// </summary>
public sealed class TorchParityTests(TorchParityTests.Engine engine) : IClassFixture<TorchParityTests.Engine>
{
    private const double Tolerance = 1e-5;

    private const string RecordAnew =
        "Where first weights or batches have changed on purpose, and PyTorch agrees now, record anew: twenty_steps.py says how.";

    public static TheoryData<string> Names => [.. ParityCases.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void TwentySteps_HaveTheLossesThatPyTorchRecorded(string name) =>
        ShouldAgree(name, LossesIn(File.ReadAllText(Repository.PathOf("Backprop.Tests", "Parity", "recorded.json"))));

    [Fact]
    public void TwentySteps_HaveTheLossesThatPyTorchPrintsNow()
    {
        Assert.SkipUnless(Python.IsHere, TorchProcess.Missing);
        using var folder = new ExportFolder();
        foreach (var name in ParityCases.Names)
        {
            engine.Cases[name].Export(Path.Combine(folder.Path, name));
        }

        var (exitCode, output, errors) = TorchProcess.Run(folder.Path);

        Assert.SkipWhen(exitCode == TorchProcess.WithoutTorch, TorchProcess.Missing);
        exitCode.ShouldBe(0, errors);
        var losses = LossesIn(output);
        foreach (var name in ParityCases.Names)
        {
            ShouldAgree(name, losses);
        }
    }

    [Fact]
    public void EveryKind_IsInSomeRun()
    {
        var files = ParityCases.AllFiles.ToArray();

        Unused<LayerSpec>(files.SelectMany(f => f.Model)).ShouldBeEmpty();
        Unused<LossSpec>(files.Select(f => f.Loss)).ShouldBeEmpty();
        Unused<OptimizerSpec>(files.Select(f => f.Optimizer)).ShouldBeEmpty();
        Unused<ScheduleSpec>(files.Select(f => f.Schedule)).ShouldBeEmpty();
    }

    private void ShouldAgree(string name, Dictionary<string, double[]> torch)
    {
        var (actual, expected) = (engine.LossesOf(name), torch[name]);
        actual.Length.ShouldBe(expected.Length);
        expected[^1].ShouldBeLessThan(expected[0], "a run that learns nothing would prove nothing");
        for (var step = 0; step < expected.Length; step++)
        {
            actual[step].ShouldBe(expected[step], Tolerance * expected[step], $"{name}, step {step + 1}. {RecordAnew}");
        }
    }

    private static Dictionary<string, double[]> LossesIn(string json) =>
        JsonDocument.Parse(json).RootElement.GetProperty("losses").Deserialize<Dictionary<string, double[]>>()!;

    private static IEnumerable<string> Unused<TSpec>(IEnumerable<TSpec> used)
        where TSpec : class =>
        Catalog<TSpec>.Kinds.Where(kind => Catalog<TSpec>.Find(kind)!.Assembly == typeof(LayerSpec).Assembly)
            .Except(used.Select(spec => Catalog<TSpec>.KindOf(spec.GetType())));

    /// <summary>The engine's losses, each run trained once.</summary>
    public sealed class Engine
    {
        private readonly Dictionary<string, double[]> _losses = [];

        internal ParityCases Cases { get; } = new();

        internal double[] LossesOf(string name)
        {
            if (!_losses.TryGetValue(name, out var losses))
            {
                _losses[name] = losses = Cases[name].Train();
            }

            return losses;
        }
    }

    /// <summary>Where the runs are written: kept, to record anew, where the environment names it.</summary>
    private sealed class ExportFolder : IDisposable
    {
        private readonly TemporaryFolder? _temporary;

        public ExportFolder()
        {
            var kept = Environment.GetEnvironmentVariable("BACKPROP_PARITY_FOLDER");
            _temporary = string.IsNullOrEmpty(kept) ? new TemporaryFolder() : null;
            Path = _temporary?.Path ?? Directory.CreateDirectory(kept!).FullName;
        }

        public string Path { get; }

        public void Dispose() => _temporary?.Dispose();
    }
}
