using Backprop.Shared.Data;
using Backprop.Shared.Tensors;

namespace Backprop.Tests.Shared.Data;

public class DataSetTests
{
    [Fact]
    public void Sets_in_memory_are_made_of_rows()
    {
        var classified = DataSet.Classified([[1, 2], [3, 4], [5, 6]], [2, 0, 1]);
        var regression = DataSet.Regression([[1, 2], [3, 4]], [[5, 6, 7], [8, 9, 10]]);

        classified.ClassNames.ShouldBe(["0", "1", "2"]);
        classified.Row(1).ToArray().ShouldBe([3, 4]);
        classified.SampleShape.ShouldBe(new Shape(2));
        regression.TargetWidth.ShouldBe(3);
        regression.Target(1).ToArray().ShouldBe([8, 9, 10]);
        DataSet.Classified([[1]], [0], ["no", "yes"]).ClassNames.ShouldBe(["no", "yes"]);
    }

    [Fact]
    public void Rows_that_do_not_agree_are_refused()
    {
        Should.Throw<ArgumentException>(() => DataSet.Classified([[1, 2], [3]], [0, 1]));
        Should.Throw<ArgumentException>(() => DataSet.Classified([[1, 2]], [0, 1]));
        Should.Throw<ArgumentException>(() => DataSet.Classified([], []));
        Should.Throw<ArgumentException>(() => DataSet.Classified([[1]], [-1]));
        Should.Throw<ArgumentException>(() => DataSet.Classified([[1]], [2], ["a", "b"]));
        Should.Throw<ArgumentException>(() => DataSet.Regression([[1]], [[1], [2]]));
        Should.Throw<ArgumentException>(() => new DataSet(new Shape(2), [1, 2, 3]));
    }

    [Fact]
    public void Gathered_rows_stand_in_the_order_of_the_ids()
    {
        var data = DataSet.Regression([[1, 2], [3, 4], [5, 6]], [[7], [8], [9]]);
        var labelled = DataSet.Classified([[1], [2], [3]], [0, 1, 2]);
        int[] ids = [2, 0, 2];
        var (rows, targets, labels) = (new float[6], new float[3], new int[3]);

        Gather.Features(data, ids, rows);
        Gather.Targets(data, ids, targets);
        Gather.Labels(labelled, ids, labels);

        rows.ShouldBe([5, 6, 1, 2, 5, 6]);
        targets.ShouldBe([9, 7, 9]);
        labels.ShouldBe([2, 0, 2]);
    }

    [Fact]
    public void Gathering_allocates_nothing()
    {
        var data = DataSet.Classified([[1, 2], [3, 4], [5, 6]], [0, 1, 2]);
        var rows = new float[4];
        var labels = new int[2];
        Gather.Features(data, [1, 2], rows);
        Gather.Labels(data, [1, 2], labels);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Gather.Features(data, [0, 2], rows);
        Gather.Labels(data, [0, 2], labels);

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }
}
