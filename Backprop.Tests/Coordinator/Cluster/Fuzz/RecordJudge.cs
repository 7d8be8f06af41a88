using Backprop.Coordinator.Cluster.Nodes;
using Backprop.Coordinator.Cluster.Record;
using Backprop.Tests.TestUtilities;
using Backprop.Worker.Protocol;
using Google.Protobuf;

namespace Backprop.Tests.Coordinator.Cluster.Fuzz;

/// <summary>What those that keep a record may be told: what is let through does no harm to the core, and leads to no other file.</summary>
internal sealed class RecordJudge : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly KeptFiles _files;
    private readonly RecordRules _rules = new();
    private readonly RecordState _state = new() { Self = "f", Promised = 2 };

    public RecordJudge() => _files = new KeptFiles(_folder.Path);

    public void Dispose()
    {
        _files.Dispose();
        _folder.Dispose();
    }

    /// <returns>Whether it is let through.</returns>
    public bool Judge(IMessage message)
    {
        if (message is PieceRequest piece)
        {
            return IsInside(piece.Path);
        }

        var asked = new RecordInput.PromiseAsked("f", 3, new Position(0, 0), IsTrial: true);
        RecordInput? input = message switch
        {
            PromiseRequest request => RecordMail.Read(request),
            PromiseReply reply => RecordMail.Read(reply, "g", asked),
            AppendRequest request => RecordMail.Read(request),
            AppendReply reply => RecordMail.Read(reply, "g", 2),
            _ => null,
        };
        if (input is null)
        {
            return false;
        }

        if (input is RecordInput.EntriesCame came)
        {
            came.Entries.SelectMany(entry => entry.What.Kept ?? []).ToList().ForEach(file => IsInside(file.Path));
        }

        var after = RecordCore.Advance(_state, input, TimeSpan.FromSeconds(9), _rules).State;
        after.Promised.ShouldBeInRange(2, MailCheck.TermMaximum);
        RecordCore.Advance(after, new RecordInput.Tick(), TimeSpan.FromSeconds(99), _rules);
        return true;
    }

    private bool IsInside(string path)
    {
        if (_files.PathOf(path) is not { } found)
        {
            return false;
        }

        var relative = Path.GetRelativePath(_folder.Path, Path.GetFullPath(found));
        relative.Split(Path.DirectorySeparatorChar)[0].ShouldBeOneOf("queue", "data", "runs");
        return true;
    }
}
