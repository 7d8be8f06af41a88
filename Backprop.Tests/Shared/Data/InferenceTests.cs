using Backprop.Shared.Data;
using Backprop.Shared.Tensors;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Shared.Data;

public sealed class InferenceTests : IDisposable
{
    private static readonly ModelForm Classes = new() { Inputs = 2, Scaling = InputScaling.None, ClassNames = ["ant", "cat", "dog"] };
    private static readonly ModelForm Values = new() { Inputs = 2, Scaling = InputScaling.None, TargetWidth = 1, Targets = ["area"] };
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("1,2\n3,4\n", "last", false)]
    [InlineData("a,b\n1,2\n3,4\n", "last", false)]
    [InlineData("1,2,cat\n3,4,dog\n", "last", true)]
    [InlineData("a,b,c\n1,2,cat\n3,4,dog\n", "none", true)]
    [InlineData("cat,1,2\ndog,3,4\n", "first", true)]
    [InlineData("a,kind,b\n1,cat,2\n3,dog,4\n", "kind", true)]
    [InlineData("1,2,cat\n3,4,dog\n", "kind", true)]
    public void New_rows_may_have_labels_or_not(string text, string label, bool labelled)
    {
        var path = _folder.Write("new.csv", text);

        var data = DataLoader.LoadForInference(path, Classes with { Label = label });

        data.Features.ShouldBe([1, 2, 3, 4]);
        data.Labels.ShouldBe(labelled ? [1, 2] : []);
        data.ClassNames.ShouldBe(labelled ? Classes.ClassNames : []);
    }

    [Theory]
    [InlineData("1,2\n", new float[] { 1, 2 }, new float[0])]
    [InlineData("1,2,3\n", new float[] { 1, 2 }, new float[] { 3 })]
    [InlineData("a,area,b\n1,2,3\n", new float[] { 1, 3 }, new float[] { 2 })]
    [InlineData("a,b,c\n1,2,3\n", new float[] { 1, 2 }, new float[] { 3 })]
    public void New_rows_may_have_targets_by_name_or_last_or_not(string text, float[] inputs, float[] targets)
    {
        var path = _folder.Write("new.csv", text);

        var data = DataLoader.LoadForInference(path, Values);

        data.Features.ShouldBe(inputs);
        data.TargetValues.ShouldBe(targets);
    }

    [Fact]
    public void New_rows_are_scaled_as_the_training_data_was()
    {
        var path = _folder.Write("new.csv", "3,40\n");
        var train = new DataSet(new Shape(2), [1, 10, 3, 30]);
        var scaling = InputScaling.For(new ScaleSpec { Standardize = true }, train);

        DataLoader.LoadForInference(path, Classes with { Scaling = scaling }).Features.ShouldBe([1, 2]);
    }

    [Fact]
    public void Idx_files_are_known_by_their_bytes_and_find_their_labels()
    {
        var images = IdxSourceTests.Idx(0x08, [2, 1, 2], [1, 2, 3, 4]);
        var alone = _folder.Write("pictures", images);
        var path = _folder.Write("t10k-images-idx3-ubyte.gz", Gzip.Pack(images));

        DataLoader.LoadForInference(alone, Classes).Labels.ShouldBeEmpty();
        DataLoader.LoadForInference(path, Classes).Labels.ShouldBeEmpty();
        _folder.Write("t10k-labels-idx1-ubyte.gz", Gzip.Pack(IdxSourceTests.Idx(0x08, [2], [2, 0])));

        var data = DataLoader.LoadForInference(path, Classes);

        data.SampleShape.ToString().ShouldBe("[1, 2]");
        data.Features.ShouldBe([1, 2, 3, 4]);
        data.Labels.ShouldBe([2, 0]);
    }

    [Fact]
    public void What_does_not_fit_the_model_is_refused()
    {
        string Message(string text, ModelForm form) =>
            DataError.Of(() => DataLoader.LoadForInference(_folder.Write("new.csv", text), form));

        Message("1\n", Classes).ShouldContain("has 1 columns, but the model takes 2, and may have one more for the label");
        Message("1,2,3,4\n", Values).ShouldContain("has 4 columns, but the model takes 2, and may have 1 more for the targets");
        Message("1,2,cow\n", Classes).ShouldContain("line 1, column 3: the label 'cow' is none of the 3 classes");
        Message("1,2\nx,3\n", Classes).ShouldContain("line 2, column 1: 'x' is not a number");
        Message("", Classes).ShouldContain("is empty");
        DataError.Of(() => DataLoader.LoadForInference(_folder.Write("i", IdxSourceTests.Idx(0x08, [1, 3], [1, 2, 3])), Classes))
            .ShouldContain("has 3 inputs a sample, but the model takes 2");
    }
}
