using Backprop.Coordinator.Storage;
using Backprop.Shared.Primitives;

namespace Backprop.Tests.Coordinator.Storage;

public sealed class DiskNeedTests
{
    private const long MiB = 1 << 20;
    private readonly DiskNeed _need = new(CheckpointBytes: 10 * MiB, LedgerBytes: 5 * MiB, Kept: 5);

    [Fact]
    public void Where_two_checkpoints_have_no_room_nothing_is_begun()
    {
        var refused = Should.Throw<UserException>(() => _need.Judge("runs/x", free: (20 * MiB) - 1, there: 0));

        refused.ExitCode.ShouldBe(ExitCode.Storage);
        refused.Message.ShouldStartWith("There is too little room: the disk of runs/x has ");
    }

    [Fact]
    public void Where_all_has_no_room_there_is_a_warning() => _need.Judge("runs/x", free: (55 * MiB) - 1, there: 0)
        .ShouldEndWith("and 5 checkpoints of 10 MiB and the ledger may take 55 MiB; free some space, or keep fewer (checkpoint.keep)");

    [Fact]
    public void What_lies_there_makes_room_for_what_comes()
    {
        _need.Judge("runs/x", free: 15 * MiB, there: 40 * MiB).ShouldBeNull();
        _need.Judge("runs/x", free: 55 * MiB, there: 0).ShouldBeNull();
    }
}
