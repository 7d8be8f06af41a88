namespace Backprop.Coordinator.Core;

/// <summary>What the coordinator knows of a worker that is there.</summary>
internal struct Member
{
    /// <summary>Its id.</summary>
    public WorkerId Id;

    /// <summary>Samples per second; 0 where unknown.</summary>
    public double Speed;

    /// <summary>What a shard usually takes it; zero until measured.</summary>
    public TimeSpan UnitTime;

    /// <summary>How often an answer of it was not finite and came out finite elsewhere.</summary>
    public int Strikes;

    /// <summary>True when weights have been sent to it; false for one that joined in the middle of an update.</summary>
    public bool Welcomed;

    /// <summary>How many assignments it has not answered. 0: it is idle.</summary>
    public int Outstanding;

    /// <summary>A layer threw on it: it gets nothing more in this step or evaluation, as long as others are there.</summary>
    public bool IsResting;

    /// <summary>How many units it has been given since it was idle.</summary>
    public int Units;

    /// <summary>When it stopped being idle.</summary>
    public TimeSpan BusySince;
}

/// <summary>The workers that are there, by ascending id, so that no decision depends on the order of a hash table.</summary>
internal sealed class MemberTable(int capacity)
{
    private readonly Member[] _members = new Member[capacity];

    /// <summary>How many are there.</summary>
    public int Count { get; private set; }

    /// <summary>How many have nothing to do and may be given something.</summary>
    public int Idle { get; private set; }

    /// <summary>How many may be given something, now or when they are done.</summary>
    public int Working { get; private set; }

    /// <summary>A worker, by its place in the order.</summary>
    public ref Member this[int index] => ref _members.AsSpan(0, Count)[index];

    /// <summary>The place of a worker, or the complement of where it would be.</summary>
    public int IndexOf(WorkerId id)
    {
        var low = 0;
        var high = Count - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (_members[middle].Id == id)
            {
                return middle;
            }

            if (_members[middle].Id.Value < id.Value)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return ~low;
    }

    /// <summary>Adds a worker that is not there.</summary>
    public void Insert(in Member member)
    {
        var place = ~IndexOf(member.Id);
        Array.Copy(_members, place, _members, place + 1, Count - place);
        _members[place] = member;
        Count++;
        Idle++;
        Working++;
    }

    /// <summary>Removes a worker whose assignments have been taken back.</summary>
    public void RemoveAt(int index)
    {
        Idle -= IsFree(index) ? 1 : 0;
        Working -= _members[index].IsResting ? 0 : 1;
        Count--;
        Array.Copy(_members, index + 1, _members, index, Count - index);
        _members[Count] = default;
    }

    /// <summary>Notes an assignment of so many units.</summary>
    public void Occupy(int index, int units, TimeSpan now)
    {
        ref var member = ref _members[index];
        if (member.Outstanding++ == 0)
        {
            member.BusySince = now;
            member.Units = 0;
            Idle--;
        }

        member.Units += units;
    }

    /// <summary>Notes that an assignment is answered or not needed any more.</summary>
    /// <returns>True where the worker has become idle by it.</returns>
    public bool Relieve(int index)
    {
        if (--_members[index].Outstanding > 0)
        {
            return false;
        }

        Idle += _members[index].IsResting ? 0 : 1;
        return true;
    }

    /// <summary>True where the worker has nothing to do and may be given something.</summary>
    public bool IsFree(int index) => _members[index] is { Outstanding: 0, IsResting: false };

    /// <summary>Gives a worker that has nothing to do nothing more, until <see cref="WakeAll"/>.</summary>
    public void Rest(int index)
    {
        Idle--;
        Working--;
        _members[index].IsResting = true;
    }

    /// <summary>Lets those who rest be given work again.</summary>
    public void WakeAll()
    {
        for (var i = 0; i < Count && Working < Count; i++)
        {
            if (_members[i].IsResting)
            {
                _members[i].IsResting = false;
                Idle++;
                Working++;
            }
        }
    }

    /// <summary>Notes that nobody has anything to do: a step or an evaluation is over.</summary>
    public void RelieveAll()
    {
        for (var i = 0; i < Count; i++)
        {
            (_members[i].Outstanding, _members[i].IsResting) = (0, false);
        }

        Idle = Working = Count;
    }

    /// <summary>What a shard usually takes the fastest of those that are free and have been measured; zero: none has.</summary>
    public TimeSpan FastestFree()
    {
        var fastest = TimeSpan.Zero;
        for (var i = 0; i < Count; i++)
        {
            var unit = _members[i].UnitTime;
            fastest = IsFree(i) && unit > TimeSpan.Zero && (unit < fastest || fastest == TimeSpan.Zero) ? unit : fastest;
        }

        return fastest;
    }

    /// <summary>The speed by which a worker is given work: its own, or the mean of those known, or 1.</summary>
    public double WeightOf(int index, double mean) => _members[index].Speed > 0 ? _members[index].Speed : mean;

    /// <summary>The mean of the known speeds; 1 where none is known.</summary>
    public double MeanSpeed()
    {
        var sum = 0.0;
        var known = 0;
        for (var i = 0; i < Count; i++)
        {
            sum += _members[i].Speed;
            known += _members[i].Speed > 0 ? 1 : 0;
        }

        return known == 0 ? 1 : sum / known;
    }
}
