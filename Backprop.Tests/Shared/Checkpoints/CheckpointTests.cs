using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Backprop.Shared.Checkpoints;
using Backprop.Shared.Primitives;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Shared.Checkpoints;

public sealed class CheckpointTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_written_comes_back()
    {
        var written = Samples.Filled(1, "momentum", "variance");
        var read = Samples.Empty("momentum", "variance");
        using var reader = Save(written);

        reader.ReadAll(read);

        // Lists compare by reference; what they hold is compared below.
        var (found, expected) = (reader.Checkpoint, Samples.Checkpoint(7));
        found.ShouldBe(expected with
        {
            ClassNames = found.ClassNames,
            InputShape = found.InputShape,
            Columns = found.Columns,
            DataFiles = found.DataFiles,
            LastEvaluation = found.LastEvaluation,
            BestEvaluation = found.BestEvaluation,
        });
        found.DataFiles.ShouldBe(expected.DataFiles);
        foreach (var (evaluation, expectedOne) in new[]
        {
            (found.LastEvaluation!, expected.LastEvaluation!), (found.BestEvaluation!, expected.BestEvaluation!),
        })
        {
            (evaluation.Step, evaluation.Epoch).ShouldBe((expectedOne.Step, expectedOne.Epoch));
            evaluation.Results.ShouldBe(expectedOne.Results);
        }

        found.Columns.Inputs.ShouldBe(expected.Columns.Inputs);
        found.Columns.Answers.ShouldBe(expected.Columns.Answers);
        found.InputShape.ShouldBe(expected.InputShape);
        reader.Checkpoint.ClassNames.ShouldBe(Samples.Checkpoint(7).ClassNames);
        read.Weights.ToArray().ShouldBe(written.Weights.ToArray());
        read.State[1].ToArray().ShouldBe(written.State[1].ToArray());
        read.Buffers[0].Values.ToArray().ShouldBe(written.Buffers[0].Values.ToArray());
    }

    [Fact]
    public void Tensors_lie_in_order_of_declaration_under_exported_names_without_gaps()
    {
        var bytes = Samples.Bytes(Samples.Checkpoint(7), Samples.Filled(1, "momentum"));
        var header = Encoding.UTF8.GetString(bytes, 8, (int)BitConverter.ToUInt64(bytes));

        header.ShouldContain("""
            "layers.0.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},
            "layers.0.bias":{"dtype":"F32","shape":[2],"data_offsets":[24,32]},
            """.ReplaceLineEndings(string.Empty));
        header.ShouldContain("\"layers.1.mean\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[32,40]}");
        header.ShouldContain("\"optimizer.momentum.layers.0.weight\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[40,64]}");
        var data = MemoryMarshal.Cast<byte, float>(bytes.AsSpan(8 + (int)BitConverter.ToUInt64(bytes)));
        data.ToArray().ShouldBe(Enumerable.Range(0, 18).Select(i => 1 + (i * 0.25f)));
    }

    [Fact]
    public void Values_that_are_not_finite_survive()
    {
        var written = Samples.Filled(1);
        new[] { float.NaN, float.NegativeInfinity, -0f, float.Epsilon }.CopyTo(written.Weights);
        using var reader = Save(written, Samples.Checkpoint(7) with { Loss = double.NaN, BestValue = double.PositiveInfinity });
        var read = Samples.Empty();

        reader.ReadAll(read);

        MemoryMarshal.AsBytes(read.Weights.Span).SequenceEqual(MemoryMarshal.AsBytes(written.Weights.Span)).ShouldBeTrue();
        reader.Checkpoint.Loss.ShouldBe(double.NaN);
        reader.Checkpoint.BestValue.ShouldBe(double.PositiveInfinity);
    }

    [Fact]
    public void To_predict_the_optimizers_state_is_not_needed()
    {
        using var reader = Save(Samples.Filled(1, "momentum"));
        var read = Samples.Empty();

        reader.ReadModel(read);

        read.Weights.Span[0].ShouldBe(1f);
    }

    [Fact]
    public void Another_models_checkpoint_is_refused_with_the_first_difference_and_nothing_is_read()
    {
        using var reader = Save(Samples.Filled(1, "momentum"));
        var wider = Samples.Empty(Samples.Layout(outputs: 4), "momentum");
        var longer = Samples.Layout();
        longer.Add("layers.2", "weight", new(1), 1, 1, null);

        Mismatch(() => reader.ReadAll(wider)).ShouldContain("layers.0.weight is [2, 3] in it and [4, 3] here");
        Mismatch(() => reader.ReadAll(Samples.Empty(longer, "momentum"))).ShouldContain("layers.2.weight [1] is not in it");
        Mismatch(() => reader.ReadAll(Samples.Empty("moment1"))).ShouldContain("optimizer.moment1.layers.0.weight [2, 3] is not in it");
        Mismatch(() => reader.ReadAll(Samples.Empty())).ShouldContain("also holds 'optimizer.momentum.layers.0.weight' [2, 3]");
        wider.Weights.ToArray().ShouldAllBe(w => w == 0);
    }

    [Fact]
    public void Another_runs_checkpoint_is_refused_with_both_values()
    {
        using var reader = Save(Samples.Filled(1));

        reader.RequireRun("1f2e", 1);
        Mismatch(() => reader.RequireRun("aaaa", 1)).ShouldContain("identity is 1f2e, this run's aaaa");
        Mismatch(() => reader.RequireRun("1f2e", 2)).ShouldContain("numerics version 1, this program has 2");
    }

    [Fact]
    public void A_newer_formats_checkpoint_is_no_damage_and_stops_the_search()
    {
        var store = new CheckpointStore(_folder.Path);
        Samples.Save(store, 1);
        var text = Encoding.Latin1.GetString(File.ReadAllBytes(store.PathOf(1))).Replace("\"version\":\"1\"", "\"version\":\"2\"");
        var blank = text.Remove(CheckpointFormat.DigitsOffset, 64).Insert(CheckpointFormat.DigitsOffset, new string('0', 64));
        var digits = Convert.ToHexStringLower(SHA256.HashData(Encoding.Latin1.GetBytes(blank)));
        File.WriteAllBytes(store.PathOf(2), Encoding.Latin1.GetBytes(blank.Replace(new string('0', 64), digits)));

        Mismatch(() => store.FindNewestValid(_ => { })).ShouldContain("format 2");
    }

    [Fact]
    public void The_hash_is_over_parameters_then_buffers_without_gaps()
    {
        var tensors = Samples.Filled(1, "momentum");
        tensors.Weights.Span[6] = 99f;
        float[] parameters = [1f, 1.25f, 1.5f, 1.75f, 2f, 2.25f, 2.5f, 2.75f];
        float[] buffer = [3f, 3.25f];

        WeightsHash.Compute(tensors.Layout, tensors.Weights.Span).ShouldBe(Sha256(parameters));
        WeightsHash.Compute(tensors.Layout, tensors.Weights.Span, tensors.Buffers).ShouldBe(Sha256([.. parameters, .. buffer]));
        tensors.Weights.Span[0] = -1f;
        WeightsHash.Compute(tensors.Layout, tensors.Weights.Span).ShouldNotBe(Sha256(parameters));
    }

    [Fact]
    public void Initial_weights_go_through_a_file_and_may_come_from_a_checkpoint()
    {
        var written = Samples.Filled(1, "momentum");
        WeightsFile.Write(_folder["init"], written);
        using var reader = Save(written);
        var fromFile = Samples.Empty();
        var fromCheckpoint = Samples.Empty();

        WeightsFile.Read(_folder["init"], fromFile);
        WeightsFile.Read(reader.Path, fromCheckpoint);

        fromFile.Weights.ToArray().ShouldBe(written.Weights.ToArray());
        fromCheckpoint.Weights.ToArray().ShouldBe(written.Weights.ToArray());
        Directory.GetFiles(_folder.Path).Length.ShouldBe(2);
    }

    [Fact]
    public void A_safetensors_file_that_is_no_checkpoint_is_refused()
    {
        WeightsFile.Write(_folder["init"], Samples.Filled(1));

        Should.Throw<UserException>(() => CheckpointReader.Open(_folder["init"])).ExitCode.ShouldBe(ExitCode.Storage);
    }

    private CheckpointReader Save(CheckpointTensors tensors, Checkpoint? checkpoint = null)
    {
        File.WriteAllBytes(_folder["saved"], Samples.Bytes(checkpoint ?? Samples.Checkpoint(7), tensors));
        return CheckpointReader.Open(_folder["saved"]);
    }

    private static string Mismatch(Action read)
    {
        var problem = Should.Throw<UserException>(read);
        problem.ExitCode.ShouldBe(ExitCode.Mismatch);
        return problem.Message;
    }

    private static string Sha256(float[] values) => Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes<float>(values)));
}
