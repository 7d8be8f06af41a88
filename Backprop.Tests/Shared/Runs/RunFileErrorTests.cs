using System.Text;
using Backprop.Shared.Primitives;
using Backprop.Shared.Runs;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Shared.Runs;

public sealed class RunFileErrorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("optimizer: {", "optimiser: {", "run.yaml:4:1: unknown key 'optimiser'; did you mean 'optimizer'?")]
    [InlineData("relu", "rulu", "run.yaml:2:9: unknown layer 'rulu'; did you mean 'relu'?")]
    [InlineData("kind: sgd", "kind: sdg", "run.yaml:4:20: unknown optimizer 'sdg'; did you mean 'sgd'?")]
    [InlineData("loss: mse", "loss: crossentropy", "run.yaml:3:7: unknown loss 'crossentropy'; did you mean 'cross-entropy'?")]
    [InlineData("kind: csv", "kind: cvs", "run.yaml:1:24: unknown source 'cvs'; did you mean 'csv'?")]
    [InlineData("rate: 0.1", "rate: 0.1, weightdecay: 1",
        "run.yaml:4:36: unknown key 'weightdecay' of optimizer 'sgd'; did you mean 'weightDecay'?")]
    [InlineData(", rate: 0.1", "", "run.yaml:4:12: optimizer 'sgd' needs 'rate'; add it")]
    [InlineData("rate: 0.1", "rate: 0", "run.yaml:4:31: 'optimizer.rate' cannot be '0': rate must be above 0 and finite")]
    [InlineData("rate: 0.1", "rate: nan", "run.yaml:4:31: 'optimizer.rate' must be a ")]
    [InlineData("[relu, { linear: 3 }]", "[]", "run.yaml:2:8: 'model' does not fit: a model needs at least one layer")]
    [InlineData("[relu, { linear: 3 }]", "relu", "run.yaml:2:8: 'model' must be a list, but is 'relu'; write [ ... ] or lines with '- '")]
    [InlineData("batch: 4", "batch: 0", "run.yaml:5:8: 'batch' cannot be '0': batch must be 1 or more")]
    [InlineData("batch: 4", "batch: 1.5", "run.yaml:5:8: 'batch' must be a whole number, but is '1.5'; correct it")]
    [InlineData("batch: 4", "batch: 4\nbatch: 5", "run.yaml:6:1: the key 'batch' stands here again, first in line 5; keep one")]
    [InlineData("batch: 4", "batch: 4\nshards: 12",
        "run.yaml:6:9: 'shards' cannot be '12': shards must be a power of two from 1 to 1,024, as 8 or 16")]
    [InlineData("batch: 4", "batch: 4\nshards: 2048",
        "run.yaml:6:9: 'shards' cannot be '2048': shards must be a power of two from 1 to 1,024")]
    [InlineData("batch: 4", "batch: 4\nshards: 0", "run.yaml:6:9: 'shards' cannot be '0': shards must be a power of two from 1 to 1,024")]
    [InlineData("epochs: 2", "", "run.yaml:1:1: the run file says no length; add epochs or steps")]
    [InlineData("epochs: 2", "epochs: 2\nsteps: 5", "run.yaml:7:1: the length is said twice; keep epochs or steps")]
    [InlineData("epochs: 2", "epochs: 0", "run.yaml:6:9: 'epochs' cannot be '0': epochs must be 1 or more")]
    [InlineData("epochs: 2", "steps: -1", "run.yaml:6:8: 'steps' cannot be '-1': steps must be 1 or more")]
    [InlineData("loss: mse\n", "", "run.yaml:1:1: the run file needs 'loss'; add it")]
    [InlineData("epochs: 2", "epochs: 2\nclip: 0", "run.yaml:7:7: 'clip.norm' cannot be '0': norm must be above 0 and finite")]
    [InlineData("epochs: 2", "epochs: 2\nevaluate: { metrics: [acuracy] }",
        "run.yaml:7:22: 'evaluate.metrics' does not fit: unknown metric 'acuracy'; did you mean 'accuracy'?")]
    [InlineData("epochs: 2", "epochs: 2\ncheckpoint: { everySeconds: -1 }",
        "run.yaml:7:29: 'checkpoint.everySeconds' cannot be '-1': everySeconds must be from 0 to 1,000,000")]
    [InlineData("d.csv }", "d.csv }, test: { fraction: 1.5 }",
        "run.yaml:1:62: 'data.test.fraction' cannot be '1.5': the fraction must be above 0 and below 1")]
    [InlineData(
        "d.csv }", "d.csv }, test: { fraction: 0.5, path: x }",
            "run.yaml:1:52: 'fraction' stands alone in 'test', but there is path too; keep one of them")]
    [InlineData("d.csv }", "d.csv }, testFraction: 0.5",
        "run.yaml:1:44: unknown key 'testFraction' of 'data'; known are train, test, scale, classes and targets")]
    [InlineData("rate: 0.1", "lr: 0.1", "run.yaml:4:25: unknown key 'lr' of optimizer 'sgd'; it is called 'rate' here")]
    [InlineData("rate: 0.1", "rate: 0.1, learning_rate: 1",
        "run.yaml:4:36: unknown key 'learning_rate' of optimizer 'sgd'; it is called 'rate'")]
    [InlineData("batch: 4", "batch_size: 4", "run.yaml:5:1: unknown key 'batch_size'; it is called 'batch' here")]
    [InlineData("kind: sgd", "kind: Adam", "run.yaml:4:20: unknown optimizer 'Adam'; did you mean 'adam'?")]
    [InlineData("kind: sgd", "kind: rmsprop",
        "run.yaml:4:20: unknown optimizer 'rmsprop'; known are adam, adamw, momentum, nesterov and sgd")]
    [InlineData("relu", "gelu", "run.yaml:2:9: unknown layer 'gelu'; known are ")]
    [InlineData("relu", "dense: 4", "run.yaml:2:9: unknown layer 'dense'; it is called 'linear' here")]
    [InlineData("loss: mse", "loss: bce", "run.yaml:3:7: unknown loss 'bce'; known are cross-entropy and mse")]
    [InlineData("epochs: 2", "epochs: 2\nevaluate: { metrics: [mae] }",
        "run.yaml:7:22: 'evaluate.metrics' does not fit: unknown metric 'mae'; it is called 'mean-absolute-error' here")]
    [InlineData("epochs: 2", "epochs: 2\ntargets: [a]", "run.yaml:7:1: unknown key 'targets'; it belongs in data")]
    [InlineData("d.csv }", "d.csv, targets: [a] }", "run.yaml:1:42: unknown key 'targets' of source 'csv'; it belongs in data")]
    [InlineData("epochs: 2", "epochs: 2\nschedule: { kind: step, step_size: 3 }",
        "run.yaml:7:25: unknown key 'step_size' of schedule 'step'; it is called 'everySteps' here")]
    [InlineData("epochs: 2", "epochs: 2\nbeta2: 0.9", "run.yaml:7:1: unknown key 'beta2'; it belongs in optimizer of kind adam or adamw")]
    [InlineData("epochs: 2", "epochs: 2\nout: 4", "run.yaml:7:1: unknown key 'out'; it belongs in model of kind linear")]
    [InlineData("epochs: 2", "epochs: 2\nlr: 0.1", "run.yaml:7:1: unknown key 'lr'; it is called 'rate' here, and belongs in optimizer")]
    [InlineData("epochs: 2", "epochs: 2\nvalidation_split: 0.1",
        "run.yaml:7:1: unknown key 'validation_split'; it is called 'fraction' here, and belongs in data.test")]
    [InlineData("epochs: 2", "epochs: 2\nschedule:\n\tkind: step",
        "run.yaml:8:1: a tab indents this line, but YAML wants blanks; replace it")]
    [InlineData("batch: 4", "batch: 4\n  \tkeep: 3", "run.yaml:6:3: a tab indents this line, but YAML wants blanks; replace it")]
    [InlineData("d.csv }", "d.csv }, scale: { divide: 0 }", "run.yaml:1:61: 'data.scale.divide' cannot be '0': divide must not be 0")]
    public void What_is_wrong_is_said_with_its_place_and_the_way_out(string right, string wrong, string message) =>
        Examples.ErrorOf(Examples.Short.Replace(right, wrong)).ShouldStartWith(message);

    [Theory]
    [InlineData("", "run.yaml:1:1: this is empty; a run file has at least data, model, loss, optimizer, batch, and epochs or steps")]
    [InlineData("# nothing\n", "run.yaml:1:1: this is empty; ")]
    [InlineData("just words",
        "run.yaml:1:1: a run file is a map with keys such as 'data:' and 'model:', but this is 'just words'; correct it")]
    [InlineData("- a\n- b", "run.yaml:1:1: a run file is a map with keys such as 'data:' and 'model:', but this is a list; correct it")]
    public void What_is_no_run_file_is_said(string yaml, string message) => Examples.ErrorOf(yaml).ShouldStartWith(message);

    [Fact]
    public void A_byte_order_mark_and_Windows_line_ends_do_no_harm() =>
        Examples.Parse("\uFEFF" + Examples.Short.ReplaceLineEndings("\r\n")).Batch.ShouldBe(4);

    [Theory]
    [InlineData("steps=5", "--set steps=5: the length is said twice, since the file says epochs; add --set epochs=null")]
    [InlineData("shards=3", "--set shards=3: 'shards' cannot be '3': ")]
    [InlineData("optimizer.kind=sdg", "--set optimizer.kind=sdg: unknown optimizer 'sdg'; did you mean 'sgd'?")]
    [InlineData("optimizer.momentum=0.5",
        "--set optimizer.momentum=0.5: 'optimizer' is not 'momentum' but 'sgd'; set optimizer.kind=momentum too, before this")]
    [InlineData("optimizer.momentum.momentum=0.5",
        "--set optimizer.momentum.momentum=0.5: 'optimizer' is not 'momentum' but 'sgd'; set optimizer.kind=momentum too, before this")]
    [InlineData("model.1.linear.outt=4", "--set model.1.linear.outt=4: unknown key 'outt' of layer 'linear'; did you mean 'out'?")]
    [InlineData("model.7=relu", "--set model.7=relu: 'model' is a list of 2, in which there is no '7'; count from 0, or add one as 2")]
    public void An_override_that_is_wrong_is_said_with_its_text(string set, string message) =>
        Examples.ErrorOf(Examples.Short, set).ShouldStartWith(message);

    [Fact]
    public void A_file_that_is_not_there_is_said() =>
        LoadError(_folder["none.yaml"]).ShouldBe(
            $"{_folder["none.yaml"]}: there is no such file; check the path of the run file");

    [Fact]
    public void A_path_that_is_none_is_said() => LoadError("a\0b").ShouldBe("a?b: there is no such file; check the path of the run file");

    [Fact]
    public void A_folder_is_no_run_file() => LoadError(_folder.Path).ShouldBe($"{_folder.Path}: this is a folder; name the run file in it");

    [Fact]
    public void A_huge_file_is_refused()
    {
        var path = _folder["huge.yaml"];
        using (var file = File.Create(path))
        {
            file.SetLength((16 << 20) + 1);
        }

        LoadError(path).ShouldBe($"{path}: this is larger than the 16 MiB that a run file may have; keep data in a CSV or IDX file");
    }

    [Fact]
    public void A_file_that_is_not_text_is_refused()
    {
        var path = _folder["photo.yaml"];
        File.WriteAllBytes(path, [0xFF, 0xD8, 0xFF, 0xE0, .. Encoding.ASCII.GetBytes("JFIF")]);

        LoadError(path).ShouldBe($"{path}: this is not a text file in UTF-8; name a run file");
    }

    [Fact]
    public void A_message_calls_the_file_as_the_user_did()
    {
        var path = _folder["mine.yaml"];
        File.WriteAllText(path, Examples.Short.Replace("batch", "bacth"));

        LoadError(path).ShouldBe($"{path}:5:1: unknown key 'bacth'; did you mean 'batch'?");
    }

    private static string LoadError(string path)
    {
        var error = Should.Throw<UserException>(() => RunFile.Load(path, []));
        error.ExitCode.ShouldBe(ExitCode.Usage);
        return error.Message;
    }
}
