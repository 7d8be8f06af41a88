using Backprop.Shared.Data;

namespace Backprop.Tests.Shared.Data;

public class ValuesSourceTests
{
    private static readonly SourceContext Context = new("/", 1, null, []);

    [Fact]
    public void Values_may_have_targets_numbers_as_labels_names_or_nothing()
    {
        var targets = new ValuesSource { Inputs = [[1, 2], [3, 4]], Targets = [[5], [6]] }.Load(Context);
        targets.Features.ShouldBe([1, 2, 3, 4]);
        targets.TargetValues.ShouldBe([5, 6]);
        targets.TargetWidth.ShouldBe(1);

        new ValuesSource { Inputs = [[1], [2], [3]], Labels = ["2", "0", "2"] }.Load(Context).Labels.ShouldBe([2, 0, 2]);

        var names = new ValuesSource { Inputs = [[1], [2], [3]], Labels = ["b", "a", "b"] }.Load(Context);
        names.Labels.ShouldBe([1, 0, 1]);
        names.ClassNames.ShouldBe(["a", "b"]);

        new ValuesSource { Inputs = [[1], [2]] }.Load(Context).Labels.ShouldBeEmpty();
    }

    [Fact]
    public void What_does_not_fit_is_named_by_its_place()
    {
        Refused(new ValuesSource { Inputs = [] }).ShouldContain("inputs is empty");
        Refused(new ValuesSource { Inputs = [[]] }).ShouldContain("inputs is empty");
        Refused(new ValuesSource { Inputs = [[1, 2], [3]] }).ShouldContain("inputs[1] has 1 numbers where inputs[0] has 2");
        Refused(new ValuesSource { Inputs = [[1, 2], [3, float.NaN]] }).ShouldContain("inputs[1][1] is not finite");
        Refused(new ValuesSource { Inputs = [[1]], Targets = [[1], [2]] }).ShouldContain("2 rows of targets for 1 rows of inputs");
        Refused(new ValuesSource { Inputs = [[1]], Targets = [[1]], Labels = ["0"] }).ShouldContain("both targets and labels");
        Refused(new ValuesSource { Inputs = [[1]], Labels = ["0", "1"] }).ShouldContain("2 labels for 1 rows");
        Refused(new ValuesSource { Inputs = [[1], [2]], Labels = ["0", "-3"] }).ShouldContain("values, labels[1]: the label '-3'");
    }

    private static string Refused(ValuesSource source) => DataError.Of(() => source.Load(Context));
}
