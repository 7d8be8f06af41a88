using System.Diagnostics;
using Backprop.Shared.Gradients;

namespace Backprop.Coordinator.Core;

/// <summary>
/// Which units of a step (its shards) or of an evaluation (its blocks) are still missing, and who has been given them. Several workers
/// may have the same unit; the first answer counts. Arrays are sized once for the run.
/// </summary>
/// <param name="isEvaluation">The units are blocks of an evaluation rather than shards of a step.</param>
internal sealed class UnitTable(bool isEvaluation, int unitsMaximum, int assignmentsMaximum)
{
    private readonly Unit[] _units = new Unit[unitsMaximum];
    private readonly int[] _holders = new int[unitsMaximum];
    private readonly GivenAssignment[] _given = new GivenAssignment[assignmentsMaximum];
    private int _count;
    private int _step;
    private int _attempts;

    /// <summary>How many units there are, empty ones included.</summary>
    public int Units { get; private set; }

    /// <summary>How many units have no answer yet and need one.</summary>
    public int Missing { get; private set; }

    /// <summary>How many of the missing units nobody has been given.</summary>
    public int Unassigned { get; private set; }

    /// <summary>What a unit usually takes; zero until one has been measured. Survives from step to step.</summary>
    public TimeSpan UnitTime { get; private set; }

    /// <summary>What has been given and not answered. The order is that of time, but for removals.</summary>
    public ReadOnlySpan<GivenAssignment> Given => _given.AsSpan(0, _count);

    /// <summary>Starts over with so many units, all missing.</summary>
    /// <param name="step">The step; of an evaluation, the steps completed.</param>
    public void Begin(int step, int units)
    {
        // The numbers of a step that is computed once more go on: an answer of its first try is told apart.
        _attempts = step == _step ? _attempts : 0;
        _step = step;
        Units = Missing = Unassigned = units;
        _units.AsSpan(0, units).Clear();
        _holders.AsSpan(0, units).Clear();
        _count = 0;
    }

    /// <summary>Forgets everything: nothing is missing.</summary>
    public void Clear() => Begin(_step, 0);

    /// <summary>Says that a unit has nothing to compute and needs no answer.</summary>
    public void MarkEmpty(int unit)
    {
        Debug.Assert(_units[unit] == Unit.Missing && _holders[unit] == 0, "A unit is marked before anything is given.");
        _units[unit] = Unit.Empty;
        Missing--;
        Unassigned--;
    }

    /// <summary>True where the unit needs an answer and has none.</summary>
    public bool IsMissing(int unit) => _units[unit] == Unit.Missing;

    /// <summary>True where the unit never needs an answer.</summary>
    public bool IsEmpty(int unit) => _units[unit] == Unit.Empty;

    /// <summary>How many workers have the unit.</summary>
    public int HoldersOf(int unit) => _holders[unit];

    /// <summary>Counts the units of a range that are missing and those that are answered; empty ones are neither.</summary>
    public (int Missing, int Answered) Coverage(int first, int count)
    {
        var missing = 0;
        var answered = 0;
        for (var unit = first; unit < first + count; unit++)
        {
            missing += _units[unit] == Unit.Missing ? 1 : 0;
            answered += _units[unit] == Unit.Answered ? 1 : 0;
        }

        return (missing, answered);
    }

    /// <summary>Gives a range to a worker.</summary>
    public Assignment Give(WorkerId worker, int first, int count)
    {
        var assignment = new Assignment(isEvaluation, _step, first, count, ++_attempts);
        _given[_count++] = new GivenAssignment(worker, assignment);
        for (var unit = first; unit < first + count; unit++)
        {
            if (_units[unit] == Unit.Missing && _holders[unit]++ == 0)
            {
                Unassigned--;
            }
        }

        return assignment;
    }

    /// <summary>Takes an assignment back.</summary>
    public GivenAssignment TakeBack(int index)
    {
        var given = _given[index];
        for (var unit = given.Assignment.First; unit < given.Assignment.End; unit++)
        {
            if (_units[unit] == Unit.Missing && --_holders[unit] == 0)
            {
                Unassigned++;
            }
        }

        _given[index] = _given[--_count];
        return given;
    }

    /// <summary>The place of a worker's assignment of exactly these units, or -1.</summary>
    public int IndexOf(WorkerId worker, in Assignment assignment)
    {
        for (var i = 0; i < _count; i++)
        {
            if (_given[i].Worker == worker && _given[i].Assignment.IsSameAs(in assignment))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Whether a worker has exactly this assignment, number and all.</summary>
    public bool IsGiven(WorkerId worker, in Assignment assignment)
    {
        for (var i = 0; i < _count; i++)
        {
            if (_given[i].Worker == worker && _given[i].Assignment == assignment)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Marks the missing units of a range as answered. No assignment may overlap it any more.</summary>
    public void Answer(int first, int count)
    {
        for (var unit = first; unit < first + count; unit++)
        {
            if (_units[unit] == Unit.Missing)
            {
                Debug.Assert(_holders[unit] == 0, "Assignments are taken back before their units are answered.");
                _units[unit] = Unit.Answered;
                Missing--;
                Unassigned--;
            }
        }
    }

    /// <summary>Learns from a worker that took so long for so many units.</summary>
    public void Measure(TimeSpan elapsed, int units)
    {
        if (units > 0 && elapsed > TimeSpan.Zero)
        {
            var measured = elapsed / units;
            UnitTime = UnitTime == TimeSpan.Zero ? measured : UnitTime + ((measured - UnitTime) / 8);
        }
    }

    private enum Unit : byte
    {
        Missing,
        Answered,
        Empty,
    }
}
