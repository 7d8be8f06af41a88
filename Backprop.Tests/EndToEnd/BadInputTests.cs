using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.EndToEnd;

/// <summary>
/// Whatever is wrong with what a person hands in: one clear sentence with what to do, on stderr, its exit code, and never a stack trace.
/// </summary>
public sealed class BadInputTests : IDisposable
{
    private readonly SmallRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public void AMissingDataFile_IsNamed() =>
        _run.Train(SmallRun.Yaml("{ train: { kind: csv, path: no.csv } }"))
            .ShouldFail(2, $"{_run["no.csv"]} does not exist; correct the path.");

    [Fact]
    public void ATruncatedDataFile_IsSaidToBeCutOff()
    {
        var whole = File.ReadAllBytes(Repository.PathOf("data", "digits.csv.gz"));
        _run.Write("cut.csv.gz", whole[..20_000]);

        _run.Train(SmallRun.Yaml("{ train: { kind: csv, path: cut.csv.gz } }"))
            .ShouldFail(2, $"{_run["cut.csv.gz"]} is a damaged or cut off gzip file; fetch or write it again.");
    }

    [Fact]
    public void AForeignDataFile_IsSaidToBeNone()
    {
        _run.Write("picture.csv", [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 0x1A, 10, 0, 0, 0, 13]);

        _run.Train(SmallRun.Yaml("{ train: { kind: csv, path: picture.csv } }"))
            .ShouldFail(2, $"{_run["picture.csv"]} is no CSV text", "name a CSV file");
    }

    [Fact]
    public void ARaggedRow_IsNamedByFileLineAndColumn()
    {
        _run.Write("ragged.csv", "a,b,class\n1,2,0\n3,1\n5,6,1\n");

        _run.Train(SmallRun.Yaml("{ train: { kind: csv, path: ragged.csv } }"))
            .ShouldFail(2, $"{_run["ragged.csv"]}, line 3, column 2 (b): the row ends after 2 of the 3 columns");
    }

    [Fact]
    public void ACellThatIsNoNumber_IsNamedByFileLineAndColumn()
    {
        _run.Write("words.csv", "a,b,class\n1,2,0\n3,x7,1\n5,6,1\n");

        _run.Train(SmallRun.Yaml("{ train: { kind: csv, path: words.csv } }"))
            .ShouldFail(2, $"{_run["words.csv"]}, line 3, column 2 (b): 'x7' is not a number; correct it");
    }

    [Fact]
    public void ALabelOutsideTheClasses_IsNamedByFileLineAndColumn()
    {
        _run.Write("labels.csv", "a,b,class\n1,2,0\n3,7,5\n5,6,1\n");

        _run.Train(SmallRun.Yaml("{ train: { kind: csv, path: labels.csv }, classes: 3 }"))
            .ShouldFail(
                2,
                $"{_run["labels.csv"]}, line 3, column 3 (class): the label '5' is outside the classes 0 to 2",
                "correct the label or the number of classes");
    }

    [Fact]
    public void AnUnknownKeyOrKind_IsNamedWithItsPlaceAndTheNearestKnownOne()
    {
        _run.Train(SmallRun.Yaml(more: "shard: 4")).ShouldFail(2, "changed.yaml:7:1: unknown key 'shard'; did you mean 'shards'?");
        _run.Train(SmallRun.Yaml(model: "[ liner: 3 ]")).ShouldFail(2, "changed.yaml:2:10: unknown layer 'liner'; did you mean 'linear'?");
        _run.Train(SmallRun.Yaml(), "--set", "optimizer.rat=0.1").ShouldFail(2, "--set optimizer.rat=0.1", "did you mean 'rate'?");
        _run.Train(SmallRun.Yaml(more: "evaluate: { metrics: [acuracy] }"))
            .ShouldFail(2, "changed.yaml:7:", "unknown metric 'acuracy'; did you mean 'accuracy'?");
    }

    [Fact]
    public void ShapesThatDoNotFit_AreNamedWithLayerExpectedAndActual()
    {
        _run.Train(SmallRun.Yaml(model: "[ linear: 4, linear: 5 ]"))
            .ShouldFail(2, "layers.1, the last layer expects 3 outputs, one for each class (0, 1, 2), but gets 5");
        _run.Write("images.idx", [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4]);
        _run.Write("labels.idx", [0, 0, 8, 1, 0, 0, 0, 1, 0]);
        _run.Train(SmallRun.Yaml("{ train: { kind: idx, images: images.idx, labels: labels.idx } }"))
            .ShouldFail(2, "layers.0 (linear) expects one dimension, [features], but gets [2, 2], which 'flatten' makes one");
    }

    [Fact]
    public void ShardsThatAreNoPowerOfTwo_AreRefusedWithThePowersNearby() =>
        _run.Train(SmallRun.Yaml(more: "shards: 6"))
            .ShouldFail(2, "changed.yaml:7:9: 'shards' cannot be '6'", "must be a power of two", "as 4 or 8");

    [Fact]
    public void MoreWorkersThanShards_AreWarnedHowManyIdle()
    {
        var result = _run.Run("train", "run.yaml", "--workers", "5", "--set", "shards=4").ShouldSucceed();

        result.ShouldSay("1 of 5 workers idle: there are only 4 shards");
        result.Output.ShouldContain("completed after step 3");
    }

    [Fact]
    public void ARunFolderThatHoldsARun_IsRefused()
    {
        _run.Run("train", "run.yaml", "--run-dir", "kept").ShouldSucceed();

        _run.Run("train", "run.yaml", "--run-dir", "kept")
            .ShouldFail(2, "kept already holds a run; give --resume to continue it, --overwrite to delete it, or another --run-dir.");
        _run.Run("train", "run.yaml", "--run-dir", "kept", "--overwrite").ShouldSucceed();
        _run.Run("train", "run.yaml", "--run-dir", "empty", "--resume").ShouldFail(2, "empty holds no run to resume");
    }

    [Fact]
    public void ACheckpointOfAnotherModel_IsRefused()
    {
        _run.Run("train", "run.yaml", "--run-dir", "kept").ShouldSucceed();

        _run.Train(SmallRun.Yaml(model: "[ linear: 5, tanh, linear: 3 ]"), "--run-dir", "kept", "--resume")
            .ShouldFail(
                7,
                "step-00000003.safetensors belongs to another run: model.0.out was 4 and is 5",
                "begin a new run from its weights with --init kept/checkpoints/step-00000003.safetensors");
        _run.Run("init", "changed.yaml", "--out", "other.safetensors").ShouldSucceed();
        _run.Run("train", "run.yaml", "--init", "other.safetensors")
            .ShouldFail(7, "other.safetensors is of another model: layers.0.weight is [5, 2] in it and [4, 2] here");
        _run.Write("data.csv", SmallRun.Data + "9,9,2\n");
        _run.Run("train", "run.yaml", "--run-dir", "kept", "--resume")
            .ShouldFail(7, $"belongs to another run: {_run["data.csv"]} was {SmallRun.Data.Length} bytes of 2", "and is ");
    }

    [Theory]
    [InlineData("model=[linear: 200000, relu, linear: 200000, linear: 3]", "layers.2 (linear) makes more than the 2,147,483,591")]
    [InlineData("model=[linear: 2000000000, linear: 3]", "layers.0 (linear) makes more than the 2,147,483,591")]
    public void AModelThatNoMemoryHolds_IsRefusedInWords(string set, string sentence)
    {
        _run.Run("train", "run.yaml", "--set", set).ShouldFail(2, sentence, "make it smaller");
        _run.Run("init", "run.yaml", "--set", set, "--out", "first.safetensors").ShouldFail(2, sentence);
        File.Exists(_run["first.safetensors"]).ShouldBeFalse();
    }

    [Fact]
    public void ADamagedCheckpoint_IsRefused()
    {
        _run.Run("train", "run.yaml", "--run-dir", "kept").ShouldSucceed();
        var path = _run["kept/checkpoints/step-00000003.safetensors"];
        var bytes = File.ReadAllBytes(path);
        bytes[^3] ^= 16;
        File.WriteAllBytes(path, bytes);

        _run.Run("train", "run.yaml", "--run-dir", "kept", "--resume")
            .ShouldFail(5, "are damaged", "its checksum does not hold", "give --overwrite to train again");
        _run.Run("evaluate", path).ShouldFail(5, $"{path} is damaged", "its checksum does not hold");
        _run.Run("evaluate", "kept").ShouldFail(5, "are damaged; name another, or train again");
    }

    [Fact]
    public void WhatIsNoCheckpoint_IsRefused()
    {
        _run.Run("evaluate", "nothing").ShouldFail(2, "There is no file nothing; check the path.");
        _run.Run("predict", ".").ShouldFail(2, ". holds no checkpoint; name one, or the folder of a run that has written one.");
        _run.Run("evaluate", "data.csv").ShouldFail(5, "data.csv is damaged or no safetensors file");
    }

    [Fact]
    public void ADivergingLoss_EndsTheRunWithItsStepAndLayer()
    {
        string[] wild = ["--set", "optimizer.kind=sgd", "--set", "optimizer.rate=1e38", "--set", "steps=50"];

        var result = _run.Run(["train", "run.yaml", "--run-dir", "kept", .. wild]);

        result.ShouldFail(3, "The run diverged at step ", "layers.", "lower the learning rate");
        File.ReadAllText(_run["kept/summary.json"]).ShouldContain("\"status\": \"diverged\"");
    }

    [Theory]
    [InlineData("There is no option --worker; did you mean '--workers'?", "train", "run.yaml", "--worker", "2")]
    [InlineData("There is no option --bogus", "train", "--bogus")]
    [InlineData("There is no command trian; did you mean 'train'?", "trian", "run.yaml")]
    [InlineData("Required argument 'RUN.yaml' missing", "train")]
    [InlineData("Required argument 'CHECKPOINT' missing", "predict")]
    [InlineData("Option '--out' is required", "init", "run.yaml")]
    [InlineData("--workers takes a number from 1 to 1024, not '0'", "train", "run.yaml", "--workers", "0")]
    [InlineData("--processes takes a number from 1 to 1024, not '0'", "train", "run.yaml", "--processes", "0")]
    [InlineData("--processes takes a number from 1 to 1024, not 'two'", "train", "run.yaml", "--processes", "two")]
    [InlineData("--workers and --processes exclude each other", "train", "run.yaml", "--processes", "2", "--workers", "2")]
    [InlineData("There is no file gone; check the path", "train", "run.yaml", "--processes", "2", "--init", "gone")]
    [InlineData("--run-dir was given an empty value", "train", "run.yaml", "--processes", "2", "--run-dir", "")]
    [InlineData("--init was given an empty value", "train", "run.yaml", "--init", "")]
    [InlineData("RUN.yaml was given an empty value", "train", "")]
    [InlineData("--steps takes a number, not 'x'", "plan", "run.yaml", "--steps", "x")]
    [InlineData("--resume and --overwrite exclude each other", "train", "run.yaml", "--resume", "--overwrite")]
    [InlineData("there is no such file; check the path of the run file", "train", "no.yaml")]
    public void AWrongCommandLine_IsExplained(string sentence, params string[] arguments) => _run.Run(arguments).ShouldFail(2, sentence);
}
