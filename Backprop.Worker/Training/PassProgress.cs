using Backprop.Shared.Actors;
using Backprop.Shared.Models;

namespace Backprop.Worker.Training;

/// <summary>
/// How far a pass is that is shared with a coordinator: which weights a node needs, how far down the gradient is final, and whether
/// anybody still needs the pass.
/// </summary>
internal sealed class PassProgress
{
    private const int NoParameters = int.MaxValue;
    private readonly int[] _starts;
    private readonly int[] _ends;
    private readonly bool[] _split;
    private readonly TeamBarrier _team;
    private readonly Action _decide;
    private readonly int _slots;
    private bool _wanted;
    private bool _goesOn;

    /// <param name="split">Which nodes all slots compute together.</param>
    public PassProgress(Model model, bool[] split, TeamBarrier team, int slots)
    {
        (_split, _team, _slots) = (split, team, slots);
        _starts = [.. model.Nodes.Select(n => n.Layer.Parameters.Count == 0 ? NoParameters : n.Layer.Parameters.Min(p => p.Start))];
        _ends = [.. model.Nodes.Select(n => n.Layer.Parameters.Count == 0 ? 0 : n.Layer.Parameters.Max(p => p.Start + p.Length))];
        _decide = () => _goesOn = _wanted;
    }

    /// <summary>A node's first parameter; without one, beyond all.</summary>
    public int StartOf(int node) => _starts[node];

    /// <summary>One past a node's last parameter; without one, 0.</summary>
    public int EndOf(int node) => _ends[node];

    /// <summary>
    /// Slot 0 says whether the pass goes on, and all slots hear the same: its word counts at the moment when the last of them has arrived.
    /// </summary>
    public bool GoesOn(int slot, bool wanted)
    {
        if (_slots == 1)
        {
            return wanted;
        }

        if (slot == 0)
        {
            _wanted = wanted;
        }

        _team.Arrive(_decide);
        return _goesOn;
    }

    /// <summary>How far down the gradient is final after a node that all slots computed together: only below others of that kind.</summary>
    public int ReadyAfter(int node, int ready)
    {
        var isNext = _starts[node] < ready;
        for (var later = node + 1; later < _split.Length && isNext; later++)
        {
            isNext = _split[later] || _ends[later] == 0;
        }

        return isNext ? _starts[node] : ready;
    }
}
