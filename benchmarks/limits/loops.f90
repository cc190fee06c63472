! Stencils as one would write them by hand in Fortran: serial, an array for each state.
! Arrays lie by columns here; a stencil doesn't mind.
module loops
  use, intrinsic :: iso_c_binding, only: c_double, c_int64_t
  implicit none
contains
  subroutine heat(plate, n, steps, rate) bind(c)
    integer(c_int64_t), value :: n, steps
    real(c_double), intent(inout) :: plate(n, n)
    real(c_double), value :: rate
    real(c_double), allocatable :: other(:, :)
    integer(c_int64_t) :: t

    other = plate
    do t = 1, steps / 2
      call spread_heat(plate, other, n, rate)
      call spread_heat(other, plate, n, rate)
    end do
    if (mod(steps, 2_c_int64_t) == 1) then
      call spread_heat(plate, other, n, rate)
      plate = other
    end if
  end subroutine

  subroutine spread_heat(u, v, n, rate)
    integer(c_int64_t), intent(in) :: n
    real(c_double), intent(in) :: u(n, n), rate
    real(c_double), intent(inout) :: v(n, n)
    integer(c_int64_t) :: i, j

    do j = 2, n - 1
      do i = 2, n - 1
        v(i, j) = u(i, j) + rate * &
          (u(i - 1, j) + u(i + 1, j) + u(i, j - 1) + u(i, j + 1) - 4 * u(i, j))
      end do
    end do
  end subroutine

  ! The new state takes the place of the one before the last.
  subroutine wave(membrane, n, steps, speed) bind(c)
    integer(c_int64_t), value :: n, steps
    real(c_double), intent(inout) :: membrane(n, n)
    real(c_double), value :: speed
    real(c_double), allocatable :: other(:, :)
    integer(c_int64_t) :: t

    other = membrane
    do t = 1, steps / 2
      call swing(membrane, other, n, speed)
      call swing(other, membrane, n, speed)
    end do
    if (mod(steps, 2_c_int64_t) == 1) then
      call swing(membrane, other, n, speed)
      membrane = other
    end if
  end subroutine

  subroutine swing(u, v, n, speed)
    integer(c_int64_t), intent(in) :: n
    real(c_double), intent(in) :: u(n, n), speed
    real(c_double), intent(inout) :: v(n, n)
    integer(c_int64_t) :: i, j

    do j = 2, n - 1
      do i = 2, n - 1
        v(i, j) = 2 * u(i, j) - v(i, j) + speed * &
          (u(i - 1, j) + u(i + 1, j) + u(i, j - 1) + u(i, j + 1) - 4 * u(i, j))
      end do
    end do
  end subroutine
end module
