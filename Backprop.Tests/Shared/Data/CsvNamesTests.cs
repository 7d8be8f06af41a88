using Backprop.Shared.Data;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Shared.Data;

/// <summary>Where the training data and new data both have names, columns are matched by them and never by place.</summary>
public sealed class CsvNamesTests : IDisposable
{
    private const string Trained = "a,b,y\n1,20,0\n3,40,1\n";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("b,a,y\n20,1,0\n40,3,1\n")]
    [InlineData("y,b,a\n0,20,1\n1,40,3\n")]
    [InlineData("id,b,y,note,a\n7,20,0,8,1\n7,40,1,8,3\n")]
    public void The_test_part_may_have_its_columns_in_any_order(string text)
    {
        var data = Load(Trained, text);

        data.Test!.Features.ShouldBe([1, 20, 3, 40]);
        data.Test.Labels.ShouldBe([0, 1]);
    }

    [Fact]
    public void Targets_are_found_by_name_too()
    {
        _folder.Write("train.csv", "a,u,b,v\n1,10,2,20\n3,30,4,40\n");
        _folder.Write("test.csv", "v,b,u,a\n20,2,10,1\n");
        var spec = new DataSpec
        {
            Train = new CsvSource { Path = "train.csv" },
            Test = new CsvSource { Path = "test.csv" },
            Targets = ["u", "v"],
        };

        var data = DataLoader.Load(spec, _folder.Path, 1);

        data.Test!.Features.ShouldBe([1, 2]);
        data.Test.TargetValues.ShouldBe([10, 20]);
        data.Train.Names.Inputs.ShouldBe(["a", "b"]);
        data.Train.Names.Answers.ShouldBe(["u", "v"]);
    }

    [Fact]
    public void What_is_missing_is_named_and_what_is_too_much_is_said()
    {
        DataError.Of(() => Load("a,b,c,y\n1,2,3,0\n4,5,7,1\n", "c,x,y\n1,2,0\n")).ShouldBe(
            $"{_folder.Path}/test.csv lacks 2 of the 3 columns that were trained on: a, b; it has c, x, y.");
        DataError.Of(() => Load(Trained, "b,a,z\n1,2,0\n")).ShouldBe(
            $"{_folder.Path}/test.csv has no column 'y', the label column; known are b, a and z.");
        DataError.Of(() => Load(Trained, "b,a,a,y\n1,2,3,0\n")).ShouldContain("has two columns called 'a'");

        Load(Trained, "id,a,b,y,note\n1,1,2,0,3\n").Notes.ShouldContain(
            new DataNote($"{_folder.Path}/test.csv: 2 columns are not used: id, note", false));
    }

    [Fact]
    public void A_column_that_is_not_used_may_hold_anything() =>
        Load(Trained, "who,a,b,y\nAda,1,2,0\n,3,4,1\n").Test!.Features.ShouldBe([1, 2, 3, 4]);

    [Fact]
    public void A_label_of_another_name_is_the_one_that_the_source_says()
    {
        _folder.Write("train.csv", Trained);
        _folder.Write("test.csv", "answer,b,a\n1,20,1\n");
        var spec = new DataSpec
        {
            Train = new CsvSource { Path = "train.csv" },
            Test = new CsvSource { Path = "test.csv", Label = "answer" },
        };

        DataLoader.Load(spec, _folder.Path, 1).Test!.Labels.ShouldBe([1]);
    }

    [Theory]
    [InlineData("1,20,0\n3,40,1\n", "a,b,y\n1,20,0\n")]
    [InlineData("a,a,y\n1,20,0\n3,40,1\n", "b,b,y\n1,20,0\n")]
    [InlineData("a,b,y\n1,20,0\n3,40,1\n", "1,20,0\n")]
    public void Without_names_on_both_sides_the_place_counts(string trained, string text) =>
        Load(trained, text).Test!.Features.ShouldBe([1, 20]);

    [Fact]
    public void A_file_without_names_is_said_to_be_taken_by_place() =>
        Load(Trained, "1,20,0\n").Notes.ShouldContain(
            new DataNote($"{_folder.Path}/test.csv has no header: its columns are taken in the order of those trained on, a, b", false));

    [Fact]
    public void Names_that_meet_none_are_said_to_be_taken_by_place() =>
        Load("1,20,0\n3,40,1\n", "b,a,y\n1,20,0\n").Notes.ShouldContain(new DataNote(
            $"{_folder.Path}/test.csv names its columns, but those trained on have no names: they are taken in their order, b, a", false));

    [Fact]
    public void Two_columns_of_one_name_are_a_doubt() =>
        Load("a,a,y\n1,20,0\n3,40,1\n", "a,a,y\n1,20,0\n").Notes.Where(note => note.IsDoubt).Select(note => note.Text).ShouldBe(
        [
            $"{_folder.Path}/train.csv has 2 input columns called a: they are told apart by their order alone, here and in other files; "
                + "rename them",
            $"{_folder.Path}/test.csv has 2 input columns called a: they are told apart by their order alone, here and in other files; "
                + "rename them",
        ]);

    [Theory]
    [InlineData("first", "class,a,b\n1,1,20\n")]
    [InlineData("last", "b,a,class\n20,1,1\n")]
    [InlineData("last", "y,b,a\n1,20,1\n")]
    public void A_label_that_the_source_places_is_there_unless_that_is_an_input(string label, string text)
    {
        _folder.Write("train.csv", Trained);
        _folder.Write("test.csv", text);
        var spec = new DataSpec
        {
            Train = new CsvSource { Path = "train.csv" },
            Test = new CsvSource { Path = "test.csv", Label = label },
        };

        var test = DataLoader.Load(spec, _folder.Path, 1).Test!;

        (test.Labels[0], test.Features[0], test.Features[1]).ShouldBe((1, 1, 20));
    }

    [Theory]
    [InlineData("b,a\n20,1\n", false)]
    [InlineData("y,b,a\n1,20,1\n", true)]
    [InlineData("b,other,a\n20,5,1\n", false)]
    [InlineData("1,20\n", false)]
    [InlineData("1,20,1\n", true)]
    public void New_rows_for_a_model_are_matched_by_its_names(string text, bool labelled)
    {
        var form = new ModelForm
        {
            Inputs = 2,
            Scaling = InputScaling.None,
            ClassNames = ["0", "1"],
            Names = new ColumnNames { Inputs = ["a", "b"], Answers = ["y"] },
        };

        var data = DataLoader.LoadForInference(_folder.Write("new.csv", text), form);

        data.Features.ShouldBe([1, 20]);
        data.Labels.ShouldBe(labelled ? [1] : []);
    }

    private LoadedData Load(string trained, string tested)
    {
        _folder.Write("train.csv", trained);
        _folder.Write("test.csv", tested);
        var spec = new DataSpec { Train = new CsvSource { Path = "train.csv" }, Test = new CsvSource { Path = "test.csv" } };
        return DataLoader.Load(spec, _folder.Path, 1);
    }
}
